import FoundationEssentials
import QuloudDaemon
import QuloudNATS
import QuloudSystem

extension ForeignParser {
    /// Lines of JSON: over the control socket, and from brokers.
    static let control = [controlRequest, controlEvent, brokerGreeting]

    private static let controlRequest = ForeignParser("control-request") {
        let requests: [OperationRequest] = [
            .backup(BackupRequest(paths: ["/home/a"], label: "x", excludes: ["*.tmp"], chunking: "fixed")), .snapshots,
            .list(ListRequest(snapshot: "latest", path: "a")),
            .restore(RestoreRequest(snapshot: "ab", paths: [], target: "/tmp/x", overwrite: true)),
            .audit(AuditRequest(sample: 7, node: "ab", chunk: "cd")), .heal, .status,
        ]
        return try requests.map { Array(try JSONEncoder().encode($0)) }
    } parse: { bytes in
        let request = try JSONDecoder().decode(OperationRequest.self, from: Data(bytes))
        let again = try JSONEncoder().encode(request)
        return .promise(
            try JSONDecoder().decode(OperationRequest.self, from: again) == request, "read again it is another request")
    }

    private static let controlEvent = ForeignParser("control-event") {
        let events: [OperationEvent] = [
            .progress(ProgressReport(phase: .backup)), .entries([]),
            .note(NoteReport(isWarning: true, subject: "a", text: "b")),
            .failed(OperationFailure(.partly, "what", hint: "how")),
        ]
        return try events.map { Array(try JSONEncoder().encode($0)) }
    } parse: { bytes in
        let event = try JSONDecoder().decode(OperationEvent.self, from: Data(bytes))
        let again = try JSONEncoder().encode(event)
        return .promise(
            try JSONDecoder().decode(OperationEvent.self, from: again) == event, "read again it is another event")
    }

    private static let brokerGreeting = ForeignParser("broker-greeting") {
        let info =
            #"INFO {"server_name":"a","version":"2.10.1","max_payload":1048576,"jetstream":true,"tls_verify":false}"#
        return [Array(info.utf8)]
    } parse: { bytes in
        guard let info = NATSServerInfo(line: bytes) else { return .refused }
        _ = ServerVersion(in: info.version)
        return .taken
    }
}
