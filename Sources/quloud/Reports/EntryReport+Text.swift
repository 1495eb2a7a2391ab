import QuloudDaemon

/// How `quloud ls` shows a folder.
struct Listing {
    /// With mode, owner, size and time.
    var isLong = false
    /// Names instead of paths.
    var namesOnly = true
    let time: TimeText

    func text(_ entries: [EntryReport]) -> String {
        let entries = entries.sorted { $0.path < $1.path }
        guard isLong else { return entries.map { name($0) + "\n" }.joined() }
        // Rows of a table without its titles.
        let rows = entries.map { entry in
            let isLink = entry.kind == .hardLink
            return [
                ModeText.text(entry.kind, entry.mode), isLink ? "" : "\(entry.user)", isLink ? "" : "\(entry.group)",
                entry.kind == .file ? HumanText.bytes(Int(entry.size)) : "", isLink ? "" : time.date(entry.modified),
            ]
        }
        var table = Table([("", .left), ("", .right), ("", .right), ("", .right), ("", .left), ("", .left)])
        for (entry, cells) in zip(entries, rows) { table.add(cells + [name(entry) + target(entry)]) }
        return String(table.text.drop { $0 != "\n" }.dropFirst())
    }

    /// Directories end in "/".
    private func name(_ entry: EntryReport) -> String {
        var name = entry.path[...]
        if namesOnly, let slash = name.lastIndex(of: "/") { name = name[name.index(after: slash)...] }
        return SafeText.line(String(name)) + (entry.kind == .directory ? "/" : "")
    }

    private func target(_ entry: EntryReport) -> String {
        guard let target = entry.target else { return "" }
        return (entry.kind == .hardLink ? " link to " : " -> ") + SafeText.line(target)
    }
}
