import QuloudCore

/// What a long enough run is to reach: a report names what it did not.
package enum Coverage {
    package static let faults: Set<String> = Set(
        [
            "bit flipped", "broker away", "broker forgets everything", "broker forgets two minutes", "clock jumps",
            "holder cut off", "holder killed", "holder's disk fails", "holder's disk full", "holder's disk replaced",
            "holder's index lost", "holders away", "message damaged", "message delayed", "message doubled",
            "message dropped", "message kept, not confirmed", "owner cut off", "owner killed", "owner runs twice",
            "owner's disk fails", "owner's disk full", "owner's machine lost", "receipt forged",
            "receipts confirmed, and lost", "receipts kept, not confirmed",
        ] + Lie.allCases.map(\.fault))

    package static let states: Set<String> = Set(
        operations + Profile.Weather.allCases.map { "weather: \($0)" } + LossReason.allCases.map { "lost: \($0)" }
            + MessageError.allCases.map { "holder dropped: \($0.rawValue)" }
            + TicketRule.Reason.allCases.map { "ticket left: \($0.rawValue)" } + [
                "audit: from replicas", "audit: from source", "audit: suspect", "audit: undecided", "audit: valid",
                "backup: NoHolders", "backup: catalog too old", "backup: history forked", "backup: not protected",
                "backup: protected", "backup: unplaced", "chunk lost for good", "chunk returned", "chunk stored",
                "days passed", "heal: NoHolders", "heal: catalog too old", "heal: healed", "heal: history forked",
                "heal: still below", "heal: unrecoverable", "holder dropped: refused", "holder found damage",
                "index rebuilt", "proved", "receipt sent", "receipt sent again", "recover: chunks missing",
                "recover: noHead", "recover: unreadable", "recover: without list", "recovery compared",
                "renew: renewed", "restore: chunk unavailable", "restore: problems", "retrieval refused",
                "rounds to rest", "suspect",
            ])

    /// How anything that an owner does may end.
    private static let operations = ["audit", "backup", "heal", "recover", "renew", "restore"].flatMap { name in
        ["done", "killed", "catalog failed", "catalog full", "fabric unreachable"].map { "\(name): \($0)" }
            + ["owner killed during \(name)"]
    }
}
