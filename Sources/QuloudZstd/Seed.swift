enum QuloudZstdSeed {}
