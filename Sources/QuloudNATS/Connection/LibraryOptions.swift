import CNATS
import Glibc

/// Owns libnats's connection options built from settings. The library clones them when it connects.
final class LibraryOptions {
    let handle: OpaquePointer

    /// - Parameter closure: handed to every callback; an id in `CallbackRegistry`, not an object.
    init(_ settings: NATSSettings, inboxPrefix: String, closure: UnsafeMutableRawPointer?) throws(NATSError) {
        var created: OpaquePointer?
        guard natsOptions_Create(&created) == NATS_OK, let options = created else {
            throw NATSError(.unexpected, "connect to", "broker", detail: "no memory for options")
        }
        handle = options
        var addresses: [BrokerAddress] = []
        for url in settings.urls { addresses.append(try BrokerAddress(url)) }
        guard !addresses.isEmpty else {
            throw NATSError(.badSettings, "connect to", "broker", detail: "no address given")
        }
        try Self.check(Self.setServers(settings.urls, options), "set", "broker addresses")
        try Self.setTiming(settings, inboxPrefix, options)
        try Self.setCredentials(settings.credentials, options)
        if settings.tls != nil || addresses.contains(where: \.secure) {
            try Self.setTLS(settings.tls ?? .init(), addresses, options)
        }
        natsOptions_SetErrorHandler(options, onError, closure)
        natsOptions_SetDisconnectedCB(options, onDisconnected, closure)
        natsOptions_SetReconnectedCB(options, onReconnected, closure)
        natsOptions_SetClosedCB(options, onClosed, closure)
    }

    deinit {
        natsOptions_Destroy(handle)
    }

    private static func setServers(_ urls: [String], _ options: OpaquePointer) -> natsStatus {
        let copies = urls.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var pointers = copies.map { UnsafePointer($0) }
        return natsOptions_SetServers(options, &pointers, Int32(pointers.count))
    }

    private static func setTiming(
        _ settings: NATSSettings, _ inboxPrefix: String, _ options: OpaquePointer
    ) throws(NATSError) {
        let wait = settings.reconnectWait.milliseconds
        try checkPlain(settings.name)
        try check(natsOptions_SetName(options, settings.name), "set", "connection name")
        try check(natsOptions_SetTimeout(options, settings.connectTimeout.milliseconds), "set", "connect timeout")
        try check(natsOptions_SetPingInterval(options, settings.pingInterval.milliseconds), "set", "ping interval")
        try check(natsOptions_SetReconnectWait(options, wait), "set", "reconnect wait")
        try check(natsOptions_SetReconnectJitter(options, wait / 5, wait / 5), "set", "reconnect wait")
        try check(natsOptions_SetMaxReconnect(options, -1), "set", "reconnects")
        try check(natsOptions_SetCustomInboxPrefix(options, inboxPrefix), "set", "inbox prefix")
        // A peer that stops reading must not block the connection's queue for ever.
        try check(natsOptions_SetWriteDeadline(options, 10_000), "set", "write deadline")
        // Without this every message waits about a millisecond for the library's flusher thread.
        try check(natsOptions_SetSendAsap(options, true), "set", "sending")
        // A chunk takes four calls to receive instead of thirty.
        try check(natsOptions_SetIOBufSize(options, 256 << 10), "set", "buffers")
    }

    /// libnats 3.4.1 puts these into its JSON as they are.
    private static func checkPlain(_ texts: String...) throws(NATSError) {
        for text in texts where text.unicodeScalars.contains(where: { $0 == "\"" || $0 == "\\" || $0.value < 32 }) {
            throw NATSError(
                .badSettings, "set", "name or credentials",
                detail: "quotes, backslashes and control characters cannot be sent")
        }
    }

    private static func setCredentials(
        _ credentials: NATSSettings.Credentials, _ options: OpaquePointer
    ) throws(NATSError) {
        switch credentials {
        case .none:
            break
        case .userPassword(let user, let password):
            try checkPlain(user, password)
            try check(natsOptions_SetUserInfo(options, user, password), "set", "user and password")
        case .token(let token):
            try checkPlain(token)
            try check(natsOptions_SetToken(options, token), "set", "token")
        case .credentialsFile(let path):
            try checkReadable(path, "credentials file")
            try check(natsOptions_SetUserCredentialsFromFiles(options, path, nil), "load credentials file", path)
        case .nkeySeedFile(let path):
            let key = try NKeySeed.publicKey(ofFile: path)
            try check(natsOptions_SetNKeyFromSeed(options, key, path), "load nkey seed file", path)
        }
    }

    private static func setTLS(
        _ tls: NATSSettings.TLS, _ addresses: [BrokerAddress], _ options: OpaquePointer
    ) throws(NATSError) {
        try check(natsOptions_SetSecure(options, true), "set", "TLS")
        if let file = tls.authorityFile {
            try checkReadable(file, "certificate authority")
            try check(natsOptions_LoadCATrustedCertificates(options, file), "load certificate authority", file)
        }
        if let certificate = tls.certificateFile, let key = tls.keyFile {
            try checkReadable(certificate, "client certificate")
            try checkReadable(key, "client key")
            try check(
                natsOptions_LoadCertificatesChain(options, certificate, key), "load client certificate", certificate)
        } else if tls.certificateFile != nil || tls.keyFile != nil {
            throw NATSError(
                .badSettings, "set", "TLS", detail: "a client certificate needs its key, and a key its certificate")
        }
    }

    private static func checkReadable(_ path: String, _ what: String) throws(NATSError) {
        guard access(path, R_OK) == 0 else {
            let why = strerror(errno).map { String(cString: $0) } ?? ""
            throw NATSError(.badSettings, "read \(what)", path, detail: why)
        }
    }

    private static func check(_ status: natsStatus, _ operation: String, _ subject: String) throws(NATSError) {
        guard status != NATS_OK else { return }
        throw NATSError(.badSettings, operation, subject, detail: LibraryStatus.text(status))
    }
}
