import Glibc
import QuloudCore
import QuloudFiles
import QuloudNATS
import QuloudSystem

/// Looks at everything a node depends on, and changes nothing.
struct Doctor: Sendable {
    let configuration: Configuration
    let file: String?

    private var directory: DataDirectory { DataDirectory(path: configuration.node.dataDirectory) }

    func examine() async -> [DoctorFinding] {
        [configurationFinding] + keys + disk + (await broker()) + (await history()) + [clock]
    }

    private var configurationFinding: DoctorFinding {
        guard let file else {
            return DoctorFinding(
                .warning, "configuration", "no file was found; defaults are used", hint: "quloud init writes one")
        }
        return DoctorFinding(.good, "configuration", file)
    }

    private var keys: [DoctorFinding] {
        guard directory.hasNode else {
            return [DoctorFinding(.bad, "keys", "there is no node in \(directory.path)", hint: "quloud init makes one")]
        }
        var findings = [finding(of: directory.nodeKey, as: .node)]
        if configuration.owner.enabled {
            findings.append(
                directory.hasOwner
                    ? finding(of: directory.ownerKey, as: .owner)
                    : DoctorFinding(
                        .bad, "keys", "\(directory.ownerKey) is missing",
                        hint: "quloud recover brings it back from the 24 words"))
        }
        return findings
    }

    private func finding(of path: String, as kind: SecretFile) -> DoctorFinding {
        do {
            _ = try kind.read(path)
            return DoctorFinding(.good, "keys", "\(path) is readable by this user alone")
        } catch {
            let failure = OperationFailure.explaining(error) as? OperationFailure
            return DoctorFinding(.bad, "keys", failure?.message ?? "\(error)", hint: failure?.hint ?? "")
        }
    }

    private var disk: [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for path in Set([directory.path, directory.blobs(configuration.holder)]).sorted() where access(path, F_OK) == 0
        {
            findings.append(fileSystem(of: path))
            findings.append(room(at: path))
        }
        return findings
    }

    private func fileSystem(of path: String) -> DoctorFinding {
        guard let kind = try? FileSystemKind.detect(at: Array(path.utf8)) else {
            return DoctorFinding(.warning, "disk", "\(path): the kind of file system is unknown")
        }
        guard let reason = kind.unsafeForIndex else { return DoctorFinding(.good, "disk", "\(path) is on \(kind)") }
        let level: DoctorFinding.Level = configuration.holder.allowUnsafeFilesystem ? .warning : .bad
        return DoctorFinding(
            level, "disk", "\(path) is on \(kind): \(reason)", hint: "put data_dir on a local disk")
    }

    private func room(at path: String) -> DoctorFinding {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            return DoctorFinding(.warning, "disk", "\(path): its free space is unknown")
        }
        let free = Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        let reserve = configuration.holder.reserveFree
        let text = "\(path): \(free >> 20) MiB free"
        guard configuration.holder.enabled, free < reserve else { return DoctorFinding(.good, "disk", text) }
        return DoctorFinding(
            .warning, "disk", text + ", less than [holder] reserve_free: no new chunks are taken",
            hint: "make room, or lower reserve_free")
    }

    private func broker() async -> [DoctorFinding] {
        do {
            switch configuration.fabric.broker {
            case .urls(let urls): return await broker(at: try FabricAccess.settings(urls, configuration.fabric))
            case .embedded:
                let server = try await ServerBinary.find(
                    configured: configuration.broker.server.isEmpty ? nil : configuration.broker.server)
                let found = DoctorFinding(.good, "broker", "embedded: \(server.path), version \(server.version)")
                guard let settings = EmbeddedBroker.savedSettings(directory: directory.broker), isRunning else {
                    return [found, DoctorFinding(.good, "broker", "it runs while quloud node does")]
                }
                return [found] + (await broker(at: settings))
            }
        } catch {
            let failure = OperationFailure.explaining(error) as? OperationFailure
            return [DoctorFinding(.bad, "broker", failure?.message ?? "\(error)", hint: failure?.hint ?? "")]
        }
    }

    /// The running node compares its catalog with what holders keep; doctor itself must not open the catalog.
    private func history() async -> [DoctorFinding] {
        guard let daemon = ControlClient(path: directory.controlSocket),
            case .status(let status)? = try? await daemon.perform(.status, emit: { _ in }),
            let problem = status.owner?.historyProblem
        else { return [] }
        return [
            DoctorFinding(
                .bad, "history", problem,
                hint:
                    "use one machine per owner; quloud recover into a fresh data directory brings back the newest state"
            )
        ]
    }

    private var isRunning: Bool { access(directory.controlSocket, F_OK) == 0 }

    private func broker(at settings: NATSSettings) async -> [DoctorFinding] {
        await BrokerDoctor.examine(settings).map { finding in
            let level: DoctorFinding.Level =
                switch finding.level {
                case .good: .good
                case .warning: .warning
                case .problem: .bad
                }
            return DoctorFinding(level, "broker", finding.text, hint: finding.hint)
        }
    }

    /// A clock that is far off makes every signed request expired or not yet valid.
    private var clock: DoctorFinding {
        let now = SystemTime().now
        guard now > Timestamp(seconds: 1_735_689_600) else {
            return DoctorFinding(
                .bad, "clock", "the clock is before 2025",
                hint: "set the clock, for example with timedatectl set-ntp true")
        }
        return DoctorFinding(.good, "clock", "plausible")
    }
}
