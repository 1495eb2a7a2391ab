import QuloudSimulation

/// What is to be simulated.
struct Request {
    static let usage = """
        Usage: scripts/simulate [--debug] [--seconds S | --seeds N | --seed N [--verbose]] [--jobs J] [--first SEED]
                                [--until INVARIANT]

          --debug         runs a debug build; the first option, if given
          --seconds S     goes on for so long (60)
          --seeds N       this many seeds
          --seed N        one seed; with --verbose everything that happens
          --first SEED    the first seed (1)
          --jobs J        processes at the same time (one for each core)
          --until NAME    ends with the first seed in which the invariant of that name does not hold

        Exit status 1 when an invariant does not hold.

        """
    var seconds: Int? = nil
    var first: UInt64 = 1
    var count: UInt64? = nil
    var jobs = 0
    var isVerbose = false
    var until: String? = nil

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            if option == "--verbose" {
                isVerbose = true
                continue
            }
            guard let text = rest.popFirst() else { return nil }
            if option == "--until" {
                guard Simulation.invariants.contains(text) else { return nil }
                until = text
                continue
            }
            guard let value = UInt64(text) else { return nil }
            switch option {
            case "--seconds": seconds = Int(clamping: value)
            case "--seeds": count = value
            case "--seed":
                first = value
                count = 1
            case "--first": first = value
            case "--jobs": jobs = Int(clamping: value)
            default: return nil
            }
        }
        if seconds == nil, count == nil { seconds = 60 }
    }
}
