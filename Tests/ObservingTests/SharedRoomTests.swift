import Testing

@testable import Observing

struct SharedRoomTests {
    private func filled(
        _ numbers: Range<Int>, of owner: String, max: Int
    ) -> SharedRoom<String, Int> {
        var room = SharedRoom<String, Int>(max: max)
        for number in numbers { room.add(number, "even", of: owner) }
        return room
    }

    @Test func whatThereIsRoomForIsKeptInItsOrder() {
        var room = filled(0..<3, of: "shop", max: 5)
        room.add(7, "odd", of: "blog")
        room.add(8, "even", of: "shop")
        #expect(room.items == [0, 1, 2, 7, 8])
        #expect(room.left.isEmpty && !room.isEmpty)
    }

    @Test func whatIsNotKeptIsCountedByOwnerAndKind() {
        var room = filled(0..<8, of: "shop", max: 5)
        for _ in 0..<2 { room.add(9, "odd", of: "shop") }
        #expect(room.items == [0, 1, 2, 3, 4])
        #expect(room.left == ["shop": ["even": 3, "odd": 2]])
    }

    @Test func whoeverHasMostGivesWayToOthers() {
        var room = filled(0..<100, of: "noisy", max: 10)
        for number in 200..<203 { room.add(number, "odd", of: "quiet") }
        #expect(room.items == [0, 1, 2, 3, 4, 5, 6, 200, 201, 202])
        #expect(room.left == ["noisy": ["even": 93]])
        // Neither takes more than half of it from the other.
        for number in 203..<300 { room.add(number, "odd", of: "quiet") }
        for number in 300..<400 { room.add(number, "even", of: "noisy") }
        #expect(room.items == [0, 1, 2, 3, 4, 200, 201, 202, 203, 204])
        #expect(room.left == ["noisy": ["even": 195], "quiet": ["odd": 95]])
    }

    @Test func withAsManyOwnersAsPlacesEachHasOne() {
        var room = filled(0..<4, of: "first", max: 4)
        for owner in ["second", "third", "fourth", "fifth"] { room.add(1, "odd", of: owner) }
        #expect(room.items == [0, 1, 1, 1])
        #expect(room.left == ["first": ["even": 3], "fifth": ["odd": 1]])
    }
}
