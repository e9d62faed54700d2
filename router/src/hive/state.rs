use std::sync::{Arc, Once};

use hive_router::background_tasks::BackgroundTasksManager;
use hive_router::config::HiveRouterConfig;
use hive_router::error::RouterInitError;
use hive_router::executor::plugin_trait::RouterPluginBoxed;
use hive_router::graphql_tools::validation::validate::ValidationPlan;
use hive_router::telemetry::TelemetryContext;
use hive_router::telemetry::traces::set_tracing_enabled;
use hive_router::{
    PluginRegistry, RouterSharedState, SchemaState, configure_app_from_config, init_rustls_crypto_provider,
};

use super::introspection_rule::IntrospectionRule;

/// What Hive's handlers work with.
pub(crate) struct HiveState {
    pub(crate) shared: Arc<RouterSharedState>,
    pub(crate) schema: Arc<SchemaState>,
    pub(crate) tasks: BackgroundTasksManager,
}

/// Builds Hive's state around our plugin. Must be called on the thread of an ntex system, where its background tasks
/// will run.
///
/// Hive's own entry point is not used: it installs a global subscriber for logs, signal handlers, and says things on
/// standard error.
pub(crate) async fn start(
    config: HiveRouterConfig,
    plugin: RouterPluginBoxed,
) -> Result<HiveState, RouterInitError> {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(init_rustls_crypto_provider);
    // Spans of Hive's would surround ours in every log line.
    set_tracing_enabled(false);

    let config = config.into_static();
    let telemetry =
        TelemetryContext::from_propagation_config(&config.telemetry.tracing.propagation, &config.log);
    let mut tasks = BackgroundTasksManager::new();
    let (shared, schema) =
        configure_app_from_config(config, telemetry, &mut tasks, PluginRegistry::new()).await?;
    Ok(HiveState {
        shared: Arc::new(with_ours(shared, plugin)),
        schema,
        tasks,
    })
}

/// Puts our plugin and our rule of validation into the state. Hive's registry makes plugins by itself from their text
/// configuration; ours needs values that have no text, such as the subgraphs' services.
fn with_ours(shared: Arc<RouterSharedState>, plugin: RouterPluginBoxed) -> RouterSharedState {
    let mut shared =
        Arc::into_inner(shared).expect("the state was built by the call above, and nobody else has it yet");
    let mut rules = ValidationPlan::clone(&shared.validation_plan);
    rules.add_rule(Box::new(IntrospectionRule));
    shared.validation_plan = Arc::new(rules);
    shared.plugins = Some(Arc::new(vec![plugin]));
    shared
}
