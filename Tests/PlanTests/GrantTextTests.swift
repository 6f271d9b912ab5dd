import Plan
import Testing

@Suite struct GrantTextTests {
    private func grant(_ text: String) throws -> Grant {
        try Grant(parsing: text, access: .writable, base: "/srv/u", for: "--rw")
    }

    @Test(arguments: [
        ("/srv", "/srv", "/srv"), ("/srv:/data", "/srv", "/data"),
        ("out", "/srv/u/out", "/srv/u/out"),
        ("out:/o/", "/srv/u/out", "/o"), ("/a\\:b", "/a:b", "/a:b"), ("/a\\:b:/c", "/a:b", "/c"),
        ("/a\\\\:/c\\:d", "/a\\", "/c:d"), ("../v:/v", "/srv/v", "/v"),
    ])
    func aGrantNamesThePathAndTheirPlaceInTheSandbox(
        text: String, path: String, at: String
    ) throws {
        #expect(try grant(text) == .writable(path: path, at: at))
    }

    @Test(arguments: [
        ("", "is empty"), (":/a", "is empty"), ("/a:", "is empty"),
        ("/a:b", "is not an absolute path"), ("/a:/b:ro", "has more than one bare colon"),
        ("/a\\b", "has a backslash before something that is neither ':' nor '\\'"),
        ("/a\\", "ends in a bare backslash"), ("/a:/b/../c", "contains '..'"),
        ("/a:/", "would cover the root"), ("/", "would cover the root"),
        ("/a\0:/b", "contains a NUL byte"),
    ])
    func whatIsNoGrantIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) { try grant(text) }
        #expect(error?.reason == reason)
        #expect(error?.subject == "--rw")
        #expect(error?.hint != nil)
    }

    @Test func aTmpfsHasAPlaceAndMayHaveASize() throws {
        #expect(try Grant(parsingTmpfs: "/x", for: "--tmpfs") == .tmpfs(at: "/x", size: nil))
        #expect(
            try Grant(parsingTmpfs: "/x:64M", for: "--tmpfs")
                == .tmpfs(at: "/x", size: .mebibytes(64)))
        #expect(
            try Grant(parsingTmpfs: "/x\\:y:4K", for: "--tmpfs")
                == .tmpfs(at: "/x:y", size: .kibibytes(4)))
    }

    @Test(arguments: [
        ("/x:0", "has a size below one page", "write at least /x:4K"),
        ("/x:4095", "has a size below one page", "write at least /x:4K"),
        ("/x:", "is empty", "write AT or AT:SIZE, for example /scratch:64M"),
        ("/x:lots", "does not begin with a digit", "write AT or AT:SIZE, for example /scratch:64M"),
        ("x", "is not an absolute path", "write AT or AT:SIZE, for example /scratch:64M"),
        ("/", "would cover the root", "write AT or AT:SIZE, for example /scratch:64M"),
    ])
    func aTmpfsWithoutABoundIsRefused(text: String, reason: String, hint: String) {
        let error = #expect(throws: InvalidValue.self) {
            try Grant(parsingTmpfs: text, for: "--tmpfs")
        }
        #expect(error == InvalidValue("--tmpfs", text, reason, hint: hint))
    }
}
