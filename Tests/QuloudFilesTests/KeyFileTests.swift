import Glibc
import QuloudCore
import QuloudSystem
import Testing

@testable import QuloudFiles

@Suite struct KeyFileTests {
    @Test func whatIsWrittenIsReadAndOpenToItsOwnerOnly() async throws {
        try await TestFolder.with { folder in
            try KeyFile.write([1, 2, 3], to: folder["key"])
            #expect(try KeyFile.read(folder["key"]) == [1, 2, 3])
            #expect(try folder.directory().status(of: Array("key".utf8)).permissions == 0o600)
            #expect(try folder.names() == ["key"])
        }
    }

    @Test func aKeyIsReplacedOnlyWhenAskedFor() async throws {
        try await TestFolder.with { folder in
            try KeyFile.write([1], to: folder["key"])
            let error = #expect(throws: KeyFileError.self) { try KeyFile.write([2], to: folder["key"]) }
            #expect(error?.kind == .exists)
            #expect(try KeyFile.read(folder["key"]) == [1])
            try KeyFile.write([2], to: folder["key"], replacing: true)
            #expect(try KeyFile.read(folder["key"]) == [2])
            #expect(try folder.names() == ["key"])
        }
    }

    @Test(arguments: [UInt16(0o640), 0o604, 0o660, 0o610])
    func aKeyOpenToOthersIsRefusedWithTheCure(mode: UInt16) async throws {
        try await TestFolder.with { folder in
            try folder.file("key", "secret", mode: mode)
            let error = #expect(throws: KeyFileError.self) { try KeyFile.read(folder["key"]) }
            #expect(error?.kind == .insecure)
            #expect(error?.hint == "chmod 600 \(String(decoding: folder["key"], as: UTF8.self))")
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test(.enabled(if: isRoot, "giving files away needs root"))
    func aKeyOfSomeoneElseIsRefused() async throws {
        try await TestFolder.with { folder in
            try folder.file("key", "secret", mode: 0o600).setOwner(user: 65534, group: nil)
            let error = #expect(throws: KeyFileError.self) { try KeyFile.read(folder["key"]) }
            #expect(error?.kind == .insecure)
            #expect(error?.hint?.contains("chown") == true)
        }
    }

    @Test func whatIsNoKeyFileIsNamedAsSuch() async throws {
        try await TestFolder.with { folder in
            let missing = #expect(throws: KeyFileError.self) { try KeyFile.read(folder["none"]) }
            #expect(missing?.kind == .missing)
            let directory = #expect(throws: KeyFileError.self) { try KeyFile.read(folder.path) }
            #expect(directory?.kind == .failed)
            // A FIFO without a writer must not make the reader wait.
            mkfifo(folder["fifo"].map(CChar.init(bitPattern:)) + [0], 0o600)
            let fifo = #expect(throws: KeyFileError.self) { try KeyFile.read(folder["fifo"]) }
            #expect(fifo?.kind == .failed)
            try folder.file(Array("big".utf8), [UInt8](repeating: 0, count: KeyFile.sizeMax + 1), mode: 0o600)
            let big = #expect(throws: KeyFileError.self) { try KeyFile.read(folder["big"]) }
            #expect(big?.kind == .tooLarge)
            let nowhere = #expect(throws: KeyFileError.self) { try KeyFile.write([1], to: folder["no/key"]) }
            #expect(nowhere?.kind == .failed)
        }
    }
}

@Suite struct AtomicFileTests {
    @Test func writesReplaceAndFailuresLeaveTheOld() async throws {
        try await TestFolder.with { folder in
            try AtomicFile.write([1], to: folder["a"])
            try AtomicFile.write([2], to: folder["a"])
            #expect(try AtomicFile.read(folder["a"], sizeMax: 10) == [2])
            let error = #expect(throws: Errno.self) { try AtomicFile.write([3], to: folder["a"], replacing: false) }
            #expect(error?.code == EEXIST)
            #expect(try AtomicFile.read(folder["a"], sizeMax: 10) == [2])
            #expect(try AtomicFile.read(folder["b"], sizeMax: 10) == nil)
            #expect(throws: Errno.self) { try AtomicFile.read(folder["a"], sizeMax: 0) }
            #expect(try folder.names() == ["a"])
        }
    }

    @Test func aPathWithNULIsRefused() {
        #expect(throws: Errno.self) { try AtomicFile.write([1], to: [47, 116, 109, 112, 47, 97, 0, 98]) }
    }
}
