/// How many wrong proofs of one request a holder checks before it takes the rest for wrong too. Without it, a stranger who
/// learnt the ids of held chunks could buy a thousand checks with one request; every right proof buys some more.
struct ClaimBudget {
    private var left = 64

    var isSpent: Bool { left <= 0 }

    mutating func note(matched: Bool) { left += matched ? 8 : -1 }
}
