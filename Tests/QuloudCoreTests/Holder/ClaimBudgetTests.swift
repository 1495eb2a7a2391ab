import Testing

@testable import QuloudCore

@Suite struct ClaimBudgetTests {
    @Test func wrongProofsUseItUpAndRightOnesAddToIt() {
        var budget = ClaimBudget()
        for _ in 0..<63 { budget.note(matched: false) }
        #expect(!budget.isSpent)
        budget.note(matched: true)
        for _ in 0..<8 { budget.note(matched: false) }
        #expect(!budget.isSpent)
        budget.note(matched: false)
        #expect(budget.isSpent)
    }
}
