import CSystem
import Glibc

extension FileDescriptor {
    /// At most `count` bytes from `offset`, behind those of `head`; fewer only at the end of the file.
    package func read(at offset: Int64, count: Int, behind head: ArraySlice<UInt8> = []) throws(Errno) -> [UInt8] {
        guard offset >= 0, count >= 0 else { throw Errno(EINVAL, "read") }
        var failure: Errno?
        let size = head.count + count
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            filled = buffer.initialize(fromContentsOf: head)
            while filled < size {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<size])
                let got = pread(number, rest.baseAddress, rest.count, off_t(offset) + filled - head.count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = Errno(errno, "read") }
                guard got > 0 else { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes `count` bytes of `bytes` from index `start`, all of them, at `offset`.
    package func write(_ bytes: [UInt8], from start: Int, count: Int, at offset: Int64) throws(Errno) {
        guard start >= 0, count >= 0, count <= bytes.count, start <= bytes.count - count, offset >= 0 else {
            throw Errno(EINVAL, "write")
        }
        let code: Int32 = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[(start + done)..<(start + count)])
                let put = pwrite(number, rest.baseAddress, rest.count, off_t(offset) + done)
                if put < 0, errno == EINTR { continue }
                // A write of nothing without an error would loop for ever.
                guard put > 0 else { return put < 0 ? errno : EIO }
                done += put
            }
            return 0
        }
        guard code == 0 else { throw Errno(code, "write") }
    }

    /// Writes all of `bytes` at the file's start.
    package func write(_ bytes: [UInt8]) throws(Errno) { try write(bytes, from: 0, count: bytes.count, at: 0) }

    /// Makes content and metadata durable. After a failure nothing may be assumed of either; do not try again.
    package func sync() throws(Errno) { try retrying("fsync") { Int(fsync(number)) } }

    /// Reserves room for `size` bytes; does nothing where the file system cannot.
    package func allocate(_ size: Int64) throws(Errno) {
        guard size > 0 else { return }
        do {
            try retrying("allocate") { Int(quloud_allocate(number, size)) }
        } catch  where error.code == EOPNOTSUPP || error.code == ENOSYS {
            return
        }
    }

    /// Lets write-back begin now. A hint only.
    package func startWriting() { _ = quloud_start_writing(number) }

    package func truncate(to size: Int64) throws(Errno) {
        try retrying("set the size") { Int(ftruncate(number, off_t(size))) }
    }

    /// Announces reading from front to back.
    package func adviseSequential() { _ = posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL) }

    /// Where data lies below `size`, ascending and disjoint; all of it where the file system does not tell.
    package func dataRanges(size: Int64) throws(Errno) -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        var position: Int64 = 0
        while position < size {
            let start: Int64
            do {
                start = Int64(try retrying("find data") { Int(quloud_seek_data(number, position)) })
            } catch  where error.code == ENXIO {
                break
            } catch  where ranges.isEmpty && (error.code == EINVAL || error.code == EOPNOTSUPP) {
                return [0..<size]
            }
            let end = Int64(try retrying("find a hole") { Int(quloud_seek_hole(number, start)) })
            // A file that shrinks meanwhile must not keep the loop going.
            guard start >= position, end > start, start < size else { break }
            ranges.append(start..<min(end, size))
            position = end
        }
        return ranges
    }
}
