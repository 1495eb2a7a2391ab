enum QuloudFilesSeed {}
