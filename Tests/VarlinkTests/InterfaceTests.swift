import JSONTree
import SupervisorInterface
import Syscalls
import Testing

@testable import Varlink

struct InterfaceTests {
    private func fault(_ type: String, _ value: JSON) throws -> String? {
        let interface = try Interface(
            parsing: "interface a.b\ntype T (x: int, y: ?string)\nmethod M(v: \(type)) -> ()")
        return interface.fault(of: ["v": value], as: interface.methods[0].input)
    }

    private func error(_ text: String) -> InterfaceError? {
        do throws(InterfaceError) {
            _ = try Interface(parsing: text)
            return nil
        } catch { return error }
    }

    @Test func everyKindOfTypeTakesItsValuesAndNoOther() throws {
        let values: [(JSON, kinds: Set<String>)] = [
            (.null, ["any", "?int", "?string"]), (true, ["any", "bool"]),
            (1, ["any", "int", "float", "?int"]), (.real(1.5), ["any", "float"]),
            ("x", ["any", "string", "?string"]),
            ("red", ["any", "string", "?string", "(red, green)"]),
            ([], ["any", "[]int", "[]?T"]), ([1, 2], ["any", "[]int"]), ([.null], ["any", "[]?T"]),
            ([:], ["any", "object", "[string]int"]), (["a": 1], ["any", "object", "[string]int"]),
            (["x": 1], ["any", "object", "[string]int", "T"]),
            (["x": 1, "y": "z"], ["any", "object", "T"]),
            (["x": 1, "y": .null], ["any", "object", "T"]), ([["x": 1]], ["any", "[]?T"]),
        ]
        let kinds = [
            "any", "bool", "int", "float", "string", "object", "?int", "?string", "(red, green)",
            "[]int", "[]?T", "[string]int", "T",
        ]
        for (value, good) in values {
            for kind in kinds {
                #expect(
                    try (fault(kind, value) == nil) == good.contains(kind),
                    "\(value.text) as \(kind)")
            }
        }
    }

    @Test func aFaultIsNamedByItsPlace() throws {
        #expect(try fault("int", "x") == "v")
        #expect(try fault("T", ["y": "z"]) == "v.x")
        #expect(try fault("T", ["x": 1, "z": 1]) == "v.z")
        #expect(try fault("[]T", [["x": 1], ["x": 1, "y": 2]]) == "v[1].y")
        #expect(try fault("[string][]int", ["k": [1, "x"]]) == "v.k[1]")
        #expect(try fault("(a: (b: (c: bool)))", ["a": ["b": ["c": 1]]]) == "v.a.b.c")
    }

    @Test func aDefinitionIsReadWithItsCommentsAndBlanks() throws {
        let interface = try Interface(
            parsing: """
                # About it.
                interface org.example.a-b2.c # and more

                type A(b:B,c:[string]?[](one,two))   type B (
                  # nothing yet
                )
                method Do ( a : A ) ->( ) error Bad ( why : string )
                """)
        #expect(interface.name == "org.example.a-b2.c")
        #expect(interface.methodNames == ["Do"] && interface.errorNames == ["Bad"])
        let input = interface.methods[0].input
        #expect(
            interface.fault(of: ["a": ["b": [:], "c": ["k": ["two"], "l": .null]]], as: input)
                == nil)
        #expect(
            interface.fault(of: ["a": ["b": [:], "c": ["k": ["six"]]]], as: input) == "a.c.k[0]")
    }

    @Test(arguments: [
        ("", 1, 1, "expected 'interface'"),
        ("interface nodots\nmethod M() -> ()", 1, 11, "expected a name like org.example"),
        ("interface a..b\nmethod M() -> ()", 1, 11, "expected a name like org.example"),
        ("interface a.b", 1, 14, "has no method"),
        ("interface a.b\nmethod M() -> (x: T)", 2, 19, "type T is not defined"),
        ("interface a.b\nmethod M() -> ()\nmethod M() -> ()", 3, 8, "M is there twice"),
        ("interface a.b\ntype T ()\ntype T ()", 3, 6, "T is there twice"),
        ("interface a.b\nerror T ()\nerror T ()", 3, 7, "T is there twice"),
        ("interface a.b\nmethod M(a: int, a: int) -> ()", 2, 18, "a is there twice"),
        ("interface a.b\nmethod M(a: int, b) -> ()", 2, 18, "has no type, the ones before have"),
        (
            "interface a.b\nmethod M(a, b: int) -> ()", 2, 13,
            "has a type, the ones before have none"
        ),
        ("interface a.b\nmethod M(a, b) -> ()", 2, 9, "expected fields with types"),
        ("interface a.b\nmethod m() -> ()", 2, 8, "'m' does not begin with a capital"),
        ("interface a.b\nmethod M_() -> ()", 2, 8, "'M_' has an underscore"),
        ("interface a.b\nmethod M(a_: int) -> ()", 2, 10, "'a_' ends with an underscore"),
        ("interface a.b\nmethod M(1: int) -> ()", 2, 10, "expected the name of a field"),
        ("interface a.b\nmethod M(a: number) -> ()", 2, 13, "no type is called 'number'"),
        ("interface a.b\nmethod M(a: ??int) -> ()", 2, 14, "'??' means no more than '?'"),
        ("interface a.b\nmethod M(a: [int]int) -> ()", 2, 14, "expected 'string'"),
        ("interface a.b\nmethod M() > ()", 2, 12, "expected '->'"),
        ("interface a.b\nmethod M(a: int", 2, 16, "expected ',' or ')'"),
        ("interface a.b\nwhat M()", 2, 1, "expected 'type', 'method' or 'error', found 'what'"),
    ])
    func whatIsNoDefinitionIsToldWithItsPlace(
        _ text: String, _ line: Int, _ column: Int, _ why: String
    ) {
        #expect(error(text) == InterfaceError(line: line, column: column, reason: why))
    }

    @Test func depthAndLengthOfADefinitionAreBounded() {
        let deep = String(repeating: "(a: ", count: 40) + "int" + String(repeating: ")", count: 40)
        #expect(error("interface a.b\nmethod M\(deep) -> ()")?.reason == "has more than 16 levels")
        let long = "interface a.b\n" + String(repeating: " ", count: 70_000) + "method M() -> ()"
        #expect(error(long)?.reason == "is longer than 65536 bytes")
    }

    @Test func theSupervisorsInterfaceIsOneAndItsNamesAreThoseOfTheProgram() throws {
        let interface = try Interface(parsing: ControlInterface.text)
        #expect(interface.name == ControlInterface.name)
        #expect(
            interface.errorNames.map(ControlInterface.full)
                == ControlInterface.ErrorName.all.sorted())
        #expect(
            ControlInterface.streaming.isSubset(
                of: interface.methodNames.map(ControlInterface.full)))
        #expect(interface.text == ControlInterface.text)
    }

    @Test func theFileInTheDocumentationIsTheSame() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map(String.init)
        let path = root.reduce("") { $0 + "/" + $1 } + "/docs/io.bulkhead.Supervisor.varlink"
        #expect(try readFile(path) == ControlInterface.text)
    }
}
