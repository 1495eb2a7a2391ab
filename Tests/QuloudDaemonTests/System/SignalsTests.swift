import Glibc
import QuloudSystem
import Testing

@Suite struct SignalsTests {
    @Test func aSignalBecomesAnElementInsteadOfTheEnd() async {
        let signals = await Signals.listen(for: [.hangUp])
        var stops = signals.stops.makeAsyncIterator()
        kill(getpid(), SIGHUP)
        #expect(await stops.next() == .hangUp)
        kill(getpid(), SIGHUP)
        #expect(await stops.next() == .hangUp)
        withExtendedLifetime(signals) {}
    }

    @Test func theEnvironmentIsRead() {
        #expect(Environment.all()["PATH"]?.isEmpty == false)
    }
}
