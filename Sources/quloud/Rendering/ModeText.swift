import QuloudDaemon

/// What `ls -l` shows first.
enum ModeText {
    /// "drwxr-xr-x", "-rwsr-x--T", "lrwxrwxrwx"; a hard link, which has no mode of its own, "h".
    static func text(_ kind: EntryReport.Kind, _ mode: Int) -> String {
        let type =
            switch kind {
            case .file: "-"
            case .directory: "d"
            case .symlink: "l"
            case .hardLink: "h"
            }
        guard kind != .hardLink else { return type }
        let special = [(0o4000, "s", "S"), (0o2000, "s", "S"), (0o1000, "t", "T")]
        let groups = special.enumerated().map { index, special in
            let bits = mode >> (6 - 3 * index)
            let canRun = bits & 1 != 0
            let (bit, running, still) = special
            let last = mode & bit != 0 ? (canRun ? running : still) : (canRun ? "x" : "-")
            return (bits & 4 != 0 ? "r" : "-") + (bits & 2 != 0 ? "w" : "-") + last
        }
        return type + groups.joined()
    }
}
