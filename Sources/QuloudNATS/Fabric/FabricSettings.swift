import QuloudCore

/// Where the fabric reports what a person should know: kept streams that differ, dropped messages, missing permissions.
package typealias FabricLog = @Sendable (Note) -> Void

/// How the streams are made when the broker does not have them yet, and how patient the fabric is.
package struct FabricSettings: Sendable, Equatable {
    /// Sealed chunks in memory are about twice as fast; files survive a restart of the broker. Nothing rests on either.
    package var dataStorage = StreamConfig.Storage.file
    /// Bytes of sealed chunks that may wait at the broker.
    package var dataBytesMax: Int64 = 4 << 30
    /// Bytes of store requests that may wait.
    package var ticketBytesMax: Int64 = 256 << 20
    /// Bytes of receipts that may wait; beyond it the oldest are forgotten.
    package var receiptBytesMax: Int64 = 256 << 20
    /// Copies that a cluster of brokers keeps.
    package var replicas = 1
    /// How long one request to the broker may take.
    package var requestTimeout: Duration = .seconds(5)
    /// How long the broker may take to store a message.
    package var publishTimeout: Duration = .seconds(10)
    /// A ticket comes again when it was not settled in this time.
    package var ticketWait: Duration = .seconds(60)
    /// A receipt comes again when it was not settled in this time.
    package var receiptWait: Duration = .seconds(30)
    /// Bytes published that the broker has not confirmed yet.
    package var unconfirmedBytesMax = 8 << 20
    /// Answers computed at once, those to broadcasts included; at least four.
    package var answersAtOnce = 8
    /// Questions that wait for their turn, for each subscription; more are dropped.
    package var waitingQuestionsMax = 256
    package var waitingQuestionBytesMax = 16 << 20

    package init() {}

    /// What a broker must allow in one message: a sealed chunk and some room for headers.
    static let payloadNeeded = Limits.sealedChunkSizeMax + 4096
}
