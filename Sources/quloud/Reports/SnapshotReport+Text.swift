import QuloudDaemon

extension [SnapshotReport] {
    /// One row each, in the given order.
    func text(_ time: TimeText) -> String {
        var table = Table([
            ("snapshot", .left), ("time", .left), ("host", .left), ("files", .right), ("size", .right),
            ("problems", .right), ("label", .left), ("folders", .left),
        ])
        for snapshot in self {
            table.add([
                shortID(snapshot.id), time.date(snapshot.createdAt), snapshot.host, HumanText.number(snapshot.files),
                HumanText.bytes(Int(snapshot.bytes)), snapshot.problems > 0 ? HumanText.number(snapshot.problems) : "–",
                snapshot.label, snapshot.roots.joined(separator: ", "),
            ])
        }
        return table.text
    }
}
