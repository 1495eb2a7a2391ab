import QuloudCore
import QuloudNATS
import QuloudSystem

/// How this node reaches its broker, and the broker itself where the node runs its own.
struct FabricAccess: Sendable {
    let settings: NATSSettings
    let fabric: FabricSettings
    let broker: EmbeddedBroker?

    /// Starts the embedded broker if the configuration says so, or takes the address it names.
    static func open(
        _ configuration: Configuration, directory: DataDirectory, log: @escaping FabricLog
    ) async throws -> FabricAccess {
        var fabric = FabricSettings()
        switch configuration.fabric.broker {
        case .urls(let urls):
            return FabricAccess(settings: try settings(urls, configuration.fabric), fabric: fabric, broker: nil)
        case .embedded:
            fabric.dataStorage = configuration.broker.dataIn == .memory ? .memory : .file
            let room =
                configuration.broker.dataIn == .memory ? configuration.broker.memoryMax : configuration.broker.storeMax
            fabric.dataBytesMax = shareOfChunks(room)
            fabric.ticketBytesMax = min(fabric.ticketBytesMax, Int64(configuration.broker.storeMax / 16))
            fabric.receiptBytesMax = min(fabric.receiptBytesMax, Int64(configuration.broker.storeMax / 16))
            let broker = EmbeddedBroker(try brokerConfig(configuration, directory: directory))
            try await broker.start()
            let access = FabricAccess(settings: await broker.settings, fabric: fabric, broker: broker)
            do {
                // Other nodes may use the broker before this one does, or this one not at all.
                try await FabricLink.prepare(access.settings, fabric, log: log)
            } catch {
                await access.close()
                throw error
            }
            return access
        }
    }

    func close() async { await broker?.stop() }

    static func settings(_ urls: [String], _ fabric: Configuration.Fabric) throws -> NATSSettings {
        let credentials: NATSSettings.Credentials =
            if !fabric.user.isEmpty {
                .userPassword(user: fabric.user, password: try secret(fabric.passwordFile))
            } else if !fabric.tokenFile.isEmpty {
                .token(try secret(fabric.tokenFile))
            } else if !fabric.credentialsFile.isEmpty {
                .credentialsFile(try checked(fabric.credentialsFile))
            } else if !fabric.nkeySeedFile.isEmpty {
                .nkeySeedFile(try checked(fabric.nkeySeedFile))
            } else {
                .none
            }
        let hasTLS = !(fabric.caFile + fabric.tlsCertificateFile).isEmpty || urls.contains { $0.hasPrefix("tls://") }
        let tls = NATSSettings.TLS(
            authorityFile: given(fabric.caFile), certificateFile: given(fabric.tlsCertificateFile),
            keyFile: given(fabric.tlsKeyFile))
        return NATSSettings(
            urls: urls, credentials: credentials, tls: hasTLS ? tls : nil, connectTimeout: fabric.connectTimeout)
    }

    static func brokerConfig(_ configuration: Configuration, directory: DataDirectory) throws -> BrokerConfig {
        let broker = configuration.broker
        var config = BrokerConfig(directory: directory.broker)
        config.serverPath = given(broker.server)
        guard let colon = broker.listen.lastIndex(of: ":") else {
            throw OperationFailure(
                .usage, "[broker] listen: \(broker.listen) is not host:port", hint: "write for example 127.0.0.1:4222")
        }
        config.listenHost = String(broker.listen[..<colon]).trimmed(of: ["[", "]"])
        config.port = UInt16(broker.listen[broker.listen.index(after: colon)...]).flatMap { $0 == 0 ? nil : $0 }
        if !broker.user.isEmpty {
            config.login = BrokerConfig.Login(user: broker.user, password: try secret(broker.passwordFile))
        }
        if !broker.tlsCertificateFile.isEmpty {
            config.tls = BrokerConfig.TLS(
                certificateFile: broker.tlsCertificateFile, keyFile: broker.tlsKeyFile,
                authorityFile: given(configuration.fabric.caFile))
        }
        config.publicHost = given(broker.publicHost)
        config.memoryStoreMax = shareOfChunks(broker.memoryMax)
        config.fileStoreMax = Int64(broker.storeMax)
        return config
    }

    /// The rest is, on disk, for tickets and receipts, and in memory for the server to work in.
    private static func shareOfChunks(_ room: Int) -> Int64 { Int64(room / 4 * 3) }

    /// A password or token: the file's content without the line break.
    private static func secret(_ path: String) throws -> String {
        String(decoding: try SmallFile.readSecret(path), as: UTF8.self).trimmed(of: ["\n", "\r", " "])
    }

    private static func checked(_ path: String) throws -> String {
        try SmallFile.checkSecret(path)
        return path
    }

    private static func given(_ path: String) -> String? { path.isEmpty ? nil : path }
}

extension String {
    fileprivate func trimmed(of characters: Set<Character>) -> String {
        var text = self[...]
        while let last = text.last, characters.contains(last) { text.removeLast() }
        while let first = text.first, characters.contains(first) { text.removeFirst() }
        return String(text)
    }
}

/// Stands in where a command needs no broker: everything that would need one says so.
struct DisconnectedFabric: OwnerFabric {
    private func refuse() -> FabricError { FabricError(.unreachable, "not connected to a broker") }

    func open(_ mailbox: MailboxID) async throws(FabricError) { throw refuse() }
    func close(_ mailbox: MailboxID) async {}
    func publish(_ sealed: [UInt8], as chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError) {
        throw refuse()
    }
    func has(_ chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError) -> Bool { throw refuse() }
    func free(_ chunks: [ChunkID], in mailbox: MailboxID) async {}
    func publish(_ tickets: [Ticket]) async throws(FabricError) { throw refuse() }
    func receipts(in mailbox: MailboxID, limit: Int, wait: Duration) async throws(FabricError) -> [Delivery] {
        throw refuse()
    }
    func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError) { throw refuse() }
    func ask<Answer: Sendable>(
        _ node: NodeID, _ kind: QuestionKind, timeout: Duration, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable (UnsafeRawBufferPointer) -> Answer?
    ) async throws(FabricError) -> Answer { throw refuse() }
    func askAll<Answer: Sendable>(
        _ kind: QuestionKind, patience: Duration, limit: Int, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable ([UInt8]) -> Answer?
    ) async throws(FabricError) -> [Answer] { throw refuse() }
}
