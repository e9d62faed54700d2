//! Running a server: its data folder, its supervisor, its log and its replica set.

pub(crate) mod command_line;
pub(crate) mod data_folder;
pub(crate) mod log;
pub(crate) mod replica_set;
pub(crate) mod supervisor;
