"""The living demo: a rehearsal mall, its past, its people and a day that goes on by itself."""
