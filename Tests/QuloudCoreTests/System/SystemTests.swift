import Testing

/// Owners, holders and a broker in one process, one world at a time: each keeps a processor busy by itself.
@Suite(.serialized, .timeLimit(.minutes(5))) enum SystemTests {}
