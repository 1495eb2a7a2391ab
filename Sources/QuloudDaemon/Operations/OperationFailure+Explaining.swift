import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudNATS

extension OperationFailure {
    /// What any error amounts to for the person who typed the command: one line of what and where, one of what to do.
    static func explaining(_ error: any Error) -> any Error {
        switch error {
        case let failure as OperationFailure: failure
        case is CancellationError: error
        case let fabric as FabricError: explain(fabric)
        case let nats as NATSError:
            OperationFailure(.fabricUnreachable, nats.description, hint: BrokerDoctor.hint(for: nats))
        case let broker as BrokerError:
            OperationFailure(.fabricUnreachable, broker.description, hint: hint(for: broker))
        case let catalog as CatalogError: explain(catalog)
        case let index as ChunkIndexError: explain(index)
        case let lock as DirectoryLockError: explain(lock)
        case let key as KeyFileError:
            OperationFailure(
                key.kind == .missing ? .noSuchStore : .wrongKey, key.description,
                hint: key.hint ?? "quloud doctor checks keys and their modes")
        case let file as FileReadError:
            OperationFailure(
                .failed, file.description, hint: file.hint ?? "check [fabric] and [broker] in the configuration")
        case let root as RootUnreadable:
            OperationFailure(
                .failed, "\(String(decoding: root.path, as: UTF8.self)): \(root.error.description)",
                hint: "check the path and its permissions")
        case let tree as TreeError:
            OperationFailure(
                .failed, tree.description, hint: "check the path, its permissions and the room on the disk")
        default: explainCore(error)
        }
    }

    private static func explainCore(_ error: any Error) -> OperationFailure {
        switch error {
        case is NoHolders:
            OperationFailure(
                .partly, "0 holders answered that have room: nothing was placed",
                hint: "start quloud node on other machines with the same broker, then run this again")
        case BackupError.unplaced(let chunks):
            OperationFailure(
                .partly, "\(chunks) chunks found no holder at all: no snapshot was recorded",
                hint:
                    "check that holders run and have room (quloud doctor), then run the backup again: it goes on from here"
            )
        case let missing as ChunkUnavailable:
            OperationFailure(
                .failed,
                "no holder gave back chunk \(missing.chunk.short): "
                    + (missing.attempts.isEmpty
                        ? "none is known to have it" : missing.attempts.joined(separator: "; ")),
                hint: "start the holders that keep it and try again; quloud audit tells which they are")
        case RecoverError.noHead:
            OperationFailure(
                .noSuchStore, "no holder that answered keeps a catalog of this owner",
                hint: "check the words and the broker's address, and that the holders run")
        case RecoverError.unreadable:
            OperationFailure(
                .failed, "heads were found, but no holder gives back the catalog they point to",
                hint: "start more of the holders and try again; when the others are gone for good, --without-list gives "
                    + "up the earlier snapshots and lets backups go on")
        case let history as HistoryError: explain(history)
        case RebuildError.foreignBlobs:
            OperationFailure(
                .wrongKey, "the index is missing, and none of the blobs opens with this node's key",
                hint: "put back the node.key that belongs to the blobs; nothing was changed")
        case RebuildError.unreadable(let count):
            OperationFailure(
                .failed, "\(count) blobs could not be read while the index was made anew from them",
                hint: "check the disk, then start the node again: it goes on from here")
        case let blobs as BlobStoreError:
            OperationFailure(
                .failed, blobs.description,
                hint: blobs.kind == .full
                    ? "make room on the disk and try again"
                    : "put the file it names back from a backup, or update quloud; else check the disk (quloud doctor)")
        case is ManifestError:
            OperationFailure(.failed, "the snapshot's manifest is damaged or too large", hint: "try an older snapshot")
        default:
            OperationFailure(.failed, "\(error)", hint: "quloud doctor checks this node; --verbose tells more")
        }
    }

    private static func explain(_ error: HistoryError) -> OperationFailure {
        let what =
            switch error {
            case .behind(let known, let found):
                "holders keep page \(found) of this owner's history, this catalog ends at page \(known)"
            case .forked(let page): "holders keep another page \(page) of this owner's history than this catalog"
            }
        return OperationFailure(
            .failed, what + ": it is an old copy, or the same owner is used on another machine",
            hint: "use one machine per owner; quloud recover into a fresh data directory brings back the newest state")
    }

    private static func explain(_ error: FabricError) -> OperationFailure {
        let hint =
            switch error.kind {
            case .unreachable: "check [fabric] broker in the configuration and that the broker runs"
            case .denied: "check the broker's credentials and permissions; docs/operations.md lists the subjects"
            case .unsuitable: "enable JetStream on the broker and keep its max_payload at 1 MiB or more"
            case .full: "the broker's storage is full: raise [broker] memory_max or store_max, or wait for holders"
            case .timeout, .nobody: "check that the broker and the other nodes run, then try again"
            default: "quloud doctor checks the broker"
            }
        return OperationFailure(.fabricUnreachable, error.description, hint: hint)
    }

    private static func hint(for error: BrokerError) -> String {
        switch error.kind {
        case .serverNotFound: "install nats-server (apt-get install nats-server) or set [broker] server"
        case .unsafeListen:
            "set user, password_file, tls_cert_file and tls_key_file in [broker], or listen on 127.0.0.1"
        case .portTaken: "choose another port in [broker] listen"
        case .badConfiguration, .files, .cannotStart, .notReady, .stopped:
            "look at broker.log in the broker folder of the data directory; with TLS, check [fabric] ca_file and [broker] public_host"
        }
    }

    private static func explain(_ error: CatalogError) -> OperationFailure {
        explainDatabase(
            error.description, isLocked: error.kind == .locked, isForeign: error.kind == .foreign,
            isNewer: error.kind == .newerFormat, isDamaged: error.kind == .damaged, isFull: error.kind == .full,
            repair:
                "nothing was changed; move owner.key and catalog.sqlite* out of the data directory and run quloud recover with the 24 words"
        )
    }

    private static func explain(_ error: ChunkIndexError) -> OperationFailure {
        let repair = "restart the node: it moves the index aside and makes a new one from the blobs"
        func explained(
            _ text: String, locked: Bool = false, foreign: Bool = false, newer: Bool = false, damaged: Bool = false,
            full: Bool = false
        ) -> OperationFailure {
            explainDatabase(
                text, isLocked: locked, isForeign: foreign, isNewer: newer, isDamaged: damaged, isFull: full,
                repair: repair)
        }
        return switch error {
        case .locked(let text): explained(text, locked: true)
        case .foreign(let text): explained(text, foreign: true)
        case .newerFormat(let text): explained(text, newer: true)
        case .damaged(let text): explained(text, damaged: true)
        case .full(let text): explained(text, full: true)
        case .failed(let text): explained(text)
        }
    }

    private static func explainDatabase(
        _ text: String, isLocked: Bool, isForeign: Bool, isNewer: Bool, isDamaged: Bool, isFull: Bool, repair: String
    ) -> OperationFailure {
        if isLocked {
            return OperationFailure(.locked, text, hint: "another program has it open; end it and try again")
        }
        if isForeign {
            return OperationFailure(.noSuchStore, text, hint: "[node] data_dir names a folder of another program")
        }
        if isNewer { return OperationFailure(.failed, text, hint: "a newer quloud made it: update this one") }
        if isFull { return OperationFailure(.failed, text, hint: "make room on the disk and try again") }
        return OperationFailure(.failed, text, hint: isDamaged ? repair : "check the disk; quloud doctor tells more")
    }

    private static func explain(_ error: DirectoryLockError) -> OperationFailure {
        switch error {
        case .alreadyLocked:
            OperationFailure(
                .locked, error.description, hint: "stop the other quloud first, or wait for its command to end")
        case .failed: OperationFailure(.failed, error.description, hint: "check the permissions of the data directory")
        }
    }
}
