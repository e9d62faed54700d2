#![cfg_attr(fuzzing, no_main)]
constellation_fuzz::target!(constellation_fuzz::cookies);
