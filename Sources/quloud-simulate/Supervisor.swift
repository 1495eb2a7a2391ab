import Dispatch
import Glibc
import QuloudSystem
import QuloudTestKit

/// Starts the workers, listens to them, and reports.
struct Supervisor {
    private let request: Request

    init(_ request: Request) { self.request = request }

    /// Returns the exit status.
    func run() async -> Int32 {
        let start = ContinuousClock.now
        var total = Totals()
        let jobs =
            request.count == 1 ? 1 : max(1, request.jobs > 0 ? request.jobs : sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        await withTaskGroup(of: Totals.self) { group in
            for job in 0..<jobs { group.addTask { await work(job, of: jobs) } }
            for await one in group { total.add(one) }
        }
        total.report(wall: ContinuousClock.now - start, isOne: request.count == 1)
        return total.failures == 0 ? 0 : 1
    }

    /// One worker after the other, should one end in the middle of a seed: that is a finding, and the next goes on.
    private func work(_ job: Int, of jobs: Int) async -> Totals {
        var totals = Totals()
        let start = ContinuousClock.now
        var next = request.first + UInt64(job)
        var left = request.count.map { ($0 + UInt64(jobs - 1 - job)) / UInt64(jobs) } ?? .max
        while left > 0 {
            let spent = Int((ContinuousClock.now - start).components.seconds)
            let seconds = request.seconds.map { max(1, $0 - spent) } ?? 0
            if let limit = request.seconds, spent >= limit { break }
            let before = totals.seeds
            let numbers = [next, UInt64(jobs), left, UInt64(seconds), request.isVerbose ? 1 : 0]
            // Removed whatever becomes of the worker.
            let ended = try? await withTemporaryFolder(below: SimulatedDisk.place) { disks in
                var totals = totals
                let exit = await oneWorker(numbers, disks: disks, &totals)
                return (exit, totals)
            }
            guard let ended else {
                totals.fail(next, "crash", "no folder for simulated disks")
                break
            }
            let exit = ended.0
            totals = ended.1
            guard exit != .code(0) else { break }
            guard let seed = totals.underway else {
                StandardStream.error.write("error: a worker did not start: \(exit)\n")
                totals.failures += 1
                break
            }
            totals.fail(seed, "crash", "the process ended: \(exit)")
            let done = UInt64(totals.seeds - before)
            next = seed + UInt64(jobs)
            left -= min(left, done + 1)
        }
        return totals
    }

    private func oneWorker(_ numbers: [UInt64], disks: String, _ totals: inout Totals) async -> ChildProcess.Exit {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return .code(-1) }
        let child: ChildProcess
        do {
            child = try await ChildProcess.spawn(
                "/proc/self/exe", ["--worker"] + numbers.map(String.init) + (request.until.map { [$0] } ?? []),
                environment: [
                    "SWIFT_DETERMINISTIC_HASHING=1", "SWIFT_BACKTRACE=enable=no", "PATH=/usr/bin:/bin",
                    "\(SimulatedDisk.placeVariable)=\(disks)",
                ],
                output: ends[1])
        } catch {
            close(ends[0])
            close(ends[1])
            return .code(-1)
        }
        close(ends[1])
        totals = await Self.listen(ends[0], totals)
        close(ends[0])
        return await child.wait()
    }

    /// Reads lines until nobody writes any more. On a thread of its own: it blocks.
    private static func listen(_ descriptor: Int32, _ totals: Totals) async -> Totals {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "quloud.simulate.\(descriptor)").async {
                var totals = totals
                var rest: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = read(descriptor, &buffer, buffer.count)
                    guard count > 0 else { break }
                    rest += buffer[..<count]
                    while let end = rest.firstIndex(of: 10) {
                        totals.hear(String(decoding: rest[..<end], as: UTF8.self))
                        rest.removeFirst(end + 1)
                    }
                }
                continuation.resume(returning: totals)
            }
        }
    }
}
