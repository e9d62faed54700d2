use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use constellation_shared::http::serve;
use constellation_shared::program::Stop;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::options::SubgraphTransport;

/// Where subgraphs that are called in memory are asked for their subscriptions: Hive asks for these over HTTP alone, past
/// the hook that calls in memory. The doors are this machine's own, and have the same check of the token behind them.
pub(crate) struct Doors(HashMap<String, SocketAddr>);

impl Doors {
    /// Opens one for each such subgraph, until `stop`.
    pub(crate) async fn open(
        subgraphs: &HashMap<String, SubgraphTransport>,
        beside: &mut JoinSet<()>,
        stop: &Stop,
    ) -> io::Result<Self> {
        let mut doors = HashMap::new();
        for (name, transport) in subgraphs {
            let SubgraphTransport::InMemory(service) = transport else {
                continue;
            };
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            doors.insert(name.clone(), listener.local_addr()?);
            let served = serve(listener, service.clone(), stop.clone().requested());
            let name = name.clone();
            beside.spawn(async move {
                if let Err(error) = served.await {
                    tracing::error!(subgraph = name, %error, "its subscriptions cannot be served");
                }
            });
        }
        Ok(Self(doors))
    }

    /// Where this subgraph's door is.
    pub(crate) fn url(&self, subgraph: &str) -> Option<String> {
        let address = self.0.get(subgraph)?;
        Some(format!("http://{address}/graphql"))
    }
}
