import QuloudDaemon

extension RestoreReport {
    var text: String {
        let took = Duration(reported: seconds)
        return "restored \(HumanText.count(files, "file")), \(HumanText.bytes(Int(bytes))), from snapshot "
            + "\(shortID(snapshot)) into \(SafeText.line(target)) in \(HumanText.duration(took)) "
            + "(\(HumanText.rate(bytes: Int(bytes), in: took)))"
    }

    /// Why not everything is there; nil when it is.
    var shortfall: Failure? {
        guard problems > 0 else { return nil }
        return Failure(
            .partly,
            "\(HumanText.count(problems, "file or folder", "files or folders")) could not be restored as recorded",
            hint: "the warnings name them; what was not named is whole")
    }
}
