import Plan
import Testing

@testable import Configuration

struct ProjectFileTests {
    @Test func theLeastIsPlain() throws {
        #expect(
            projectFile(name: try ProjectName("shop"), path: "/srv/shop") == """
                # shop: every key is in bulkhead.yaml(5), for example limits and services.
                projects:
                  shop:
                    path: /srv/shop

                """)
    }

    @Test(arguments: ["shop", "null", "12", "1.5", "0x1", "true", "No", "a.b-c_d", "X", "1e3"])
    func anyNameIsReadBack(name: String) throws {
        let text = projectFile(name: try ProjectName(name), path: "/srv/x")
        #expect(try load(text).projects.map(\.name.text) == [name])
    }

    @Test(
        arguments: [
            "/", "/srv/a b", "/srv/a: b", "/srv/a #b", "/srv/'\"\\", "/srv/é\u{1F980}", "/srv/\n\t",
            "/srv/\u{7F}\u{85}\u{A0}\u{2028}\u{FEFF}", "/srv/{a}, [b]", "/srv/%&*!|>@`",
        ])
    func anyPathIsReadBack(path: String) throws {
        let text = projectFile(name: try ProjectName("p"), path: path)
        let read = YAMLReader.tree(of: SourceFile(name: "p", bytes: Array(text.utf8)))
        #expect(read.problems == [])
        let node = read.root?.value(at: ["projects", "p", "path"])
        #expect(node?.content == .scalar(Node.Scalar(text: path, isPlain: path == "/")))
    }
}
