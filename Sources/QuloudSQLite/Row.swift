import CSQLite
internal import QuloudCore
import QuloudCrypto

/// The row at which a statement stands. Good only inside the closure that it is handed to. A column whose stored value
/// cannot be what this program wrote throws `.damaged`.
package struct Row {
    private let handle: OpaquePointer
    private let path: String

    init(handle: OpaquePointer, path: String) {
        self.handle = handle
        self.path = path
    }

    /// Columns count from 0 here and below.
    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    /// A whole number; 0 for NULL.
    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    /// The same as `Int`.
    package func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }

    /// A blob; empty for NULL.
    package func bytes(_ column: Int32) -> [UInt8] {
        // The pointer is to be asked for before the count, and is null for an empty blob.
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    /// A text, with what is not UTF-8 replaced; empty for NULL.
    package func text(_ column: Int32) -> String {
        let start = sqlite3_column_text(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
    }

    func bytes32(_ column: Int32) throws(DatabaseError) -> Bytes32 {
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        guard let value = Bytes32(unsafe: bytes) else { throw malformed(column) }
        return value
    }

    func id<ID: Identifier>(_ column: Int32, as: ID.Type = ID.self) throws(DatabaseError) -> ID {
        ID(try bytes32(column))
    }

    func time(_ column: Int32) -> Timestamp { Timestamp(milliseconds: integer(column)) }
    func optionalTime(_ column: Int32) -> Timestamp? { isNull(column) ? nil : time(column) }
    func bits(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }
    func ordered(_ column: Int32) -> UInt64 { bits(column) ^ (1 << 63) }

    /// The stored number in a narrower type.
    func number<Number: FixedWidthInteger>(_ column: Int32, as: Number.Type = Number.self) throws(DatabaseError)
        -> Number
    {
        guard let number = Number(exactly: integer(column)) else { throw malformed(column) }
        return number
    }

    /// The case of an enum that the stored number stands for.
    func choice<Choice: RawRepresentable>(
        _ column: Int32, as: Choice.Type = Choice.self
    ) throws(DatabaseError) -> Choice where Choice.RawValue == UInt8 {
        guard let choice = Choice(rawValue: try number(column)) else { throw malformed(column) }
        return choice
    }

    func malformed(_ column: Int32) -> DatabaseError {
        let name = sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "\(column)"
        return DatabaseError(.damaged, "read \(name) in database \(path): malformed value")
    }
}
