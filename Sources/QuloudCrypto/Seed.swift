enum QuloudCryptoSeed {}
