enum QuloudSystemSeed {}
