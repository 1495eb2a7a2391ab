import QuloudCrypto
import Testing

@Suite struct Bytes32Tests {
    let counting = Array(UInt8(0)..<32)

    @Test func roundTripsBytesAndHex() throws {
        let value = try #require(Bytes32(counting))
        #expect(value.bytes == counting)
        #expect(value.hex == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect("\(value)" == value.hex)
        #expect(Bytes32(hex: value.hex) == value)
        #expect(Bytes32(hex: value.hex.uppercased()) == value)
        #expect(counting.withUnsafeBytes { Bytes32(unsafe: $0) } == value)
        var array: [UInt8] = [9]
        value.append(to: &array)
        #expect(array == [9] + counting)
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func refusesEveryOtherCount(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(Bytes32(bytes) == nil)
        #expect(bytes.withUnsafeBytes { Bytes32(unsafe: $0) } == nil)
        #expect(Bytes32(hex: Hex.encode(bytes)) == nil)
    }

    @Test func refusesTextThatIsNotHex() {
        #expect(Bytes32(hex: String(repeating: "g", count: 64)) == nil)
        #expect(Bytes32(hex: String(repeating: "+1", count: 32)) == nil)
        #expect(Bytes32(hex: String(repeating: "é", count: 32)) == nil)
        #expect(Hex.decode("abc") == nil)
    }

    @Test func ordersAsByteStringsDo() throws {
        for index in 0..<32 {
            var higher = counting
            higher[index] += 1
            // Later bytes must not matter.
            for later in (index + 1)..<max(32, index + 1) { higher[later] = 0 }
            let small = try #require(Bytes32(counting))
            let large = try #require(Bytes32(higher))
            #expect(small < large)
            #expect(!(large < small))
            #expect(!small.constantTimeEquals(large))
            #expect(small.constantTimeEquals(small))
        }
        #expect(Bytes32().isZero)
    }
}
