import Testing

@testable import Launch

struct JSONTests {
    @Test func membersStandInTheOrderInWhichTheyWereSet() {
        var object = JSONObject()
        object["b"] = .number(1)
        object["a"] = .text("x")
        object["missing"] = nil
        #expect(object.text == #"{"b":1,"a":"x","missing":null}"#)
        #expect(JSONObject().text == "{}")
    }

    @Test func textIsEscaped() {
        #expect(JSONValue.text("a\"b\\c\n\u{1}\u{7F}é").text == #""a\"b\\c\n\u0001\u007fé""#)
    }

    @Test func listsAndObjectsNest() {
        var inner = JSONObject()
        inner["k"] = .list([])
        #expect(
            JSONValue.list([.number(-1), .object(inner), .text("")]).text == #"[-1,{"k":[]},""]"#)
    }

    @Test func aCountThatDoesNotFitIsTheLargestThatDoes() {
        #expect(JSONValue.count(nil)?.text == nil)
        #expect(JSONValue.count(0)?.text == "0")
        #expect(JSONValue.count(.max)?.text == "9223372036854775807")
    }

    @Test func theRecordIsOneLineWhateverIsInIt() {
        var object = JSONObject()
        object["a\nb"] = .text("c\r\nd\u{2028}")
        #expect(!object.text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" })
    }
}
