import QuloudCore
import QuloudCrypto
import QuloudTestKit

/// Somebody who may use the broker, hears every ticket, and vouches for its chunk in the names of holders.
final class Stranger: Sendable {
    private let world: World
    private let keys: NodeKeys
    private let connection: SimulatedConnection

    init(in world: World) throws {
        self.world = world
        keys = try NodeKeys(secret: SecretBytes(copying: World.nodeSecret(200)))
        connection = world.fabric.holder(keys.id)
        world.overhear { [weak self] in self?.hears($0) }
    }

    private func hears(_ crossing: Crossing) {
        guard crossing.kind == .ticket, !world.isQuiet, let request = try? StoreRequest.verified(crossing.bytes) else {
            return
        }
        let pause = world.plot { draw in draw.chance(0.5) ? draw.milliseconds(0...300) : nil }
        guard let pause else { return }
        _ = world.spawn { [self] in
            try? await world.scheduler.sleep(for: pause)
            await forge(request)
        }
    }

    private func forge(_ request: StoreRequest) async {
        guard let victim = world.plot({ $0.one(of: world.holders) }) else { return }
        world.tally.fault("receipt forged")
        let receipt = Receipt(
            chunk: request.chunk, node: victim.id, agreementKey: victim.keys.agreementKey, size: request.size,
            slot: request.slot, epoch: request.epoch, leaseUntil: victim.clock.now.advanced(by: request.lease),
            label: "")
        // Signed, by the wrong node.
        guard let envelope = try? ReceiptEnvelope.seal([receipt.signed(by: keys.identity)], to: request.mailbox) else {
            return
        }
        try? await connection.send(envelope, to: request.mailbox)
    }
}
