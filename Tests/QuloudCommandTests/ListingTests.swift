import Testing

@testable import QuloudDaemon
@testable import quloud

@Suite struct ListingTests {
    private let entries = [
        EntryReport(
            kind: .symlink, path: "d/to", mode: 0o777, user: 0, group: 0, size: 0, modified: 0, target: "../a\u{1B}b"),
        EntryReport(
            kind: .file, path: "d/a.txt", mode: 0o640, user: 1000, group: 100, size: 1536, modified: Samples.now),
        EntryReport(kind: .directory, path: "d/sub", mode: 0o1777, user: 1000, group: 100, size: 0, modified: 0),
        EntryReport(
            kind: .hardLink, path: "d/same", mode: 0, user: 0, group: 0, size: 0, modified: 0, target: "d/a.txt"),
    ]

    @Test func aFolderIsListedByName() {
        let listing = Listing(time: TimeText(now: 0, isUTC: true))
        #expect(listing.text(entries) == "a.txt\nsame\nsub/\nto\n")
        #expect(listing.text([]) == "")
    }

    @Test func rootsAreListedByPath() {
        let listing = Listing(namesOnly: false, time: TimeText(now: 0, isUTC: true))
        #expect(listing.text([entries[2]]) == "d/sub/\n")
    }

    @Test func theLongFormHasModeOwnerSizeTimeAndTarget() {
        let listing = Listing(isLong: true, time: TimeText(now: 0, isUTC: true))
        #expect(
            listing.text(entries) == """
                -rw-r-----  1000  100  1.50 KiB  2023-11-14 22:13  a.txt
                h                                                  same link to d/a.txt
                drwxrwxrwt  1000  100            1970-01-01 00:00  sub/
                lrwxrwxrwx     0    0            1970-01-01 00:00  to -> ../a\\u{1b}b

                """)
        #expect(listing.text([]) == "")
    }

    @Test(arguments: [
        (0o755, "-rwxr-xr-x"), (0o4755, "-rwsr-xr-x"), (0o2640, "-rw-r-S---"), (0o1000, "---------T"),
        (0, "----------"),
    ])
    func modesAreWrittenAsUsual(mode: Int, text: String) {
        #expect(ModeText.text(.file, mode) == text)
    }
}
