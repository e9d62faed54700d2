use std::net::SocketAddr;

/// What a newcomer needs next.
pub(super) struct Greeting {
    pub(super) auth: SocketAddr,
    pub(super) expense: SocketAddr,
    pub(super) graphiql: bool,
    pub(super) database: String,
}

impl Greeting {
    /// Prints it, once the graph is served at this address.
    pub(super) fn print(&self, router: SocketAddr) {
        let mut lines = vec![
            String::new(),
            "Constellation is running.".to_owned(),
            String::new(),
        ];
        if self.graphiql {
            lines.push(format!(
                "  GraphiQL   http://{router}/graphiql   start here, in a browser"
            ));
        }
        lines.extend([
            format!("  Graph      http://{router}/graphql"),
            format!(
                "  Auth       http://{}   POST /login, POST /token/refresh, /.well-known/jwks.json",
                self.auth
            ),
            format!("  Expense    http://{}", self.expense),
            format!("  Data       {}", self.database),
            String::new(),
            "Stop with Ctrl-C. Everything is kept for the next start.".to_owned(),
            String::new(),
        ]);
        #[expect(
            clippy::print_stdout,
            reason = "this is the program's word to the person who started it"
        )]
        {
            println!("{}", lines.join("\n"));
        }
    }
}
