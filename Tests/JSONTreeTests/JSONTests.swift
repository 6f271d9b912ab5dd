import JSONTree
import Plan
import Testing

struct JSONTests {
    private func error(_ text: String) -> JSONError? {
        do throws(JSONError) {
            _ = try JSON(parsing: text)
            return nil
        } catch { return error }
    }

    @Test func whatIsWrittenIsReadBackTheSame() throws {
        let values: [JSON] = [
            .null, true, false, 0, -1, .integer(.max), .integer(.min), .real(1.5), .real(-0.0),
            .real(1e300), .real(.leastNonzeroMagnitude), .real(100), "", "a",
            "\"\\/\u{8}\n\r\t\u{1f}\u{7f}\u{85}é😀",
            [], [1, [2, []], "x"], [:], ["b": 1, "a": ["c": .null]],
        ]
        for value in values {
            #expect(try JSON(parsing: value.text) == value)
            #expect(try JSON(parsing: value.encoded()) == value)
        }
    }

    @Test func anObjectKeepsTheOrderOfTheText() throws {
        let text = #"{"z":1,"a":2,"m":3,"b":[true,null]}"#
        #expect(try JSON(parsing: text).text == text)
    }

    @Test func aMemberWithoutAValueIsLeftOutAndNullIsNot() {
        let pid: Int64? = nil
        let value: JSON = ["run": 7, "pid": pid.map { .integer($0) }, "end": .null]
        #expect(value.text == #"{"run":7,"end":null}"#)
    }

    @Test func aValueIsFoundByItsKindOnly() throws {
        let value = try JSON(
            parsing: #"{"t":"x","n":3,"r":0.5,"b":true,"l":["p","q"],"m":["p",1]}"#)
        #expect(value["t"]?.string == "x" && value["t"]?.integer == nil)
        #expect(value["n"]?.integer == 3 && value["n"]?.number == 3)
        #expect(value["r"]?.number == 0.5 && value["r"]?.integer == nil)
        #expect(value["b"]?.bool == true && value["b"]?.number == nil)
        #expect(value["l"]?.strings == ["p", "q"] && value["m"]?.strings == nil)
        #expect(value["none"] == nil && value["t"]?["x"] == nil)
        #expect(value.members?.count == 6 && value["l"]?.array?.count == 2)
    }

    @Test func escapesAreReadAndControlsAreWrittenAsEscapes() throws {
        #expect(try JSON(parsing: #""\u00e9\ud83d\ude00\n""#) == "é😀\n")
        #expect(JSON.string("a\u{1b}[2J\u{9b}1\"\\").text == #""a\u001b[2J\u009b1\"\\""#)
    }

    @Test func aNumberThatIsNoneIsWrittenAsNull() {
        #expect(JSON.array([.real(.infinity), .real(.nan)]).text == "[null,null]")
    }

    @Test func anErrorTellsTheLineAndTheColumn() {
        #expect(
            error("{\n  \"a\": nope}")
                == .malformed(line: 2, column: 11, reason: "invalid token near 'nope'"))
        #expect(
            error("")?.message == "JSON 1:1: end of file expected near end of file"
                || error("") != nil)
        #expect(error("[1, 2") != nil && error("[1] 2") != nil && error("[01]") != nil)
    }

    @Test func aNameThatIsThereTwiceIsAnError() {
        #expect(
            error(#"{"a":1,"a":2}"#)
                == .malformed(line: 1, column: 10, reason: "duplicate object key near '\"a\"'"))
    }

    @Test func whatNoStringOfOursMayHoldIsAnError() {
        #expect(error(#""\u0000""#) != nil)
        #expect(error(#""\ud800""#) != nil)
        #expect((try? JSON(parsing: [0x22, 0xff, 0x22])) == nil)
        #expect((try? JSON(parsing: [0x22, 0, 0x22])) == nil)
        #expect(error("9223372036854775808") != nil && error("1e999") != nil)
    }

    @Test func theTextOfAnErrorDrivesNoTerminal() throws {
        let message = try #require(error("[\u{1b}[2J\u{9b}]")).message
        #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9b })
    }

    @Test func bracketsBeyondTheDepthAreRefusedBeforeTheyAreRead() {
        let deepest = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(error(deepest) == nil)
        #expect(error("[" + deepest + "]") == .tooDeep)
        #expect(error(String(repeating: "{\"a\":", count: 1_000_000)) == .tooDeep)
        // Inside a string they are text.
        #expect(error("\"" + String(repeating: "[", count: 100) + "\\\"[\"") == nil)
    }

    @Test func valuesBeyondTheCountAreRefusedBeforeTheyAreRead() {
        let many = "[1" + String(repeating: ",1", count: JSON.valuesMax - 2) + "]"
        #expect(error(many) == nil)
        #expect(error(many + ",") == .tooManyValues(max: 65_536))
        #expect(error("\"" + String(repeating: ",", count: 100_000) + "\"") == nil)
    }

    @Test func aPieceOfALargerBufferIsReadInPlace() throws {
        let bytes = Array("xx[1,2]yy".utf8)
        #expect(try JSON(parsing: bytes[2..<7]) == [1, 2])
    }
}
