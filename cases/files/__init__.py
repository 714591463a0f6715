"""Files of cases as people have them: read, guessed at, turned into what the fields take."""
