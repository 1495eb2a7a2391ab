/// Rows in aligned columns.
struct Table: Sendable {
    /// To which side the cells of a column go.
    enum Alignment: Sendable {
        case left
        case right
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    /// Cells that are missing are empty; those that are too many are dropped.
    mutating func add(_ cells: [String]) {
        let cells = cells.prefix(columns.count).map { SafeText.line($0) }
        rows.append(cells + Array(repeating: "", count: columns.count - cells.count))
    }

    /// Two spaces between columns, none at the end of a line.
    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                line += (column > 0 ? "  " : "") + (columns[column].alignment == .right ? gap + cell : cell + gap)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
