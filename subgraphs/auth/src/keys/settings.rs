use std::path::PathBuf;

use clap::Args;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;

use super::{Keys, KeysError};

/// Where the secret keys are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Keys")]
pub struct KeySettings {
    /// The file with the secret keys; all replicas of auth share the same
    #[arg(long, env = "AUTH_KEYS_FILE", value_name = "AUTH_KEYS_FILE")]
    pub auth_keys_file: PathBuf,

    /// Make the file with new keys if there is none
    #[arg(long, env = "AUTH_GENERATE_KEYS", value_name = "AUTH_GENERATE_KEYS", num_args = 0..=1, default_value_t = false, default_missing_value = "true")]
    pub auth_generate_keys: bool,
}

impl KeySettings {
    /// Reads, or makes, the keys.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn load(&self, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<Keys, KeysError> {
        if self.auth_generate_keys {
            Keys::read_or_generate(&self.auth_keys_file, clock, entropy)
        } else {
            Keys::read(&self.auth_keys_file)
        }
    }
}
