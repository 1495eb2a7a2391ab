internal import QuloudCore
import QuloudCrypto

/// What a statement's parameter is bound to.
package enum Value: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

extension Value {
    static func integer(_ number: Int) -> Value { .integer(Int64(number)) }
    static func time(_ moment: Timestamp) -> Value { .integer(moment.milliseconds) }
    static func time(_ moment: Timestamp?) -> Value { moment.map { .time($0) } ?? .null }
    static func id(_ identifier: some Identifier) -> Value { .blob(identifier.value.bytes) }
    static func id(_ identifier: (some Identifier)?) -> Value { identifier.map { .id($0) } ?? .null }
    static func bytes32(_ value: Bytes32) -> Value { .blob(value.bytes) }
    /// The same bits: for numbers that are only ever compared for equality.
    static func bits(_ number: UInt64) -> Value { .integer(Int64(bitPattern: number)) }
    /// Ordered as the unsigned numbers are, which SQLite does not have.
    static func ordered(_ number: UInt64) -> Value { .integer(Int64(bitPattern: number ^ (1 << 63))) }
}
