enum QuloudDaemonSeed {}
