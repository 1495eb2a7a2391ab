enum QuloudCoreSeed {}
