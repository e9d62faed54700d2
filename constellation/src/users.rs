//! `constellation users`: the operator's way to look at accounts and to close them. It changes the database; running
//! services notice.

use std::sync::Arc;

use constellation_auth::{Account, AccountPage, Operators};
use constellation_shared::clock::SystemClock;
use constellation_shared::entropy::SystemEntropy;
use constellation_shared::program::Failure;

use crate::settings::{UpSettings, UsersCommand};
use crate::up;

/// Does what was asked, and says what has come of it.
pub(crate) async fn command(settings: &UpSettings, wanted: UsersCommand) -> Result<(), Failure> {
    let lines = up::with_auth_database(settings, async |database| {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let operators = constellation_auth::operators(&database, clock, entropy).await?;
        carry_out(&operators, wanted).await
    })
    .await?;
    #[expect(clippy::print_stdout, reason = "this is what the operator asked for")]
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// What there is to say.
async fn carry_out(operators: &Operators, wanted: UsersCommand) -> Result<Vec<String>, Failure> {
    Ok(match wanted {
        UsersCommand::List { email, after, first } => {
            let page = operators.list(email.as_deref(), after, first).await?;
            listed(&page)
        }
        UsersCommand::Disable { who } => {
            let (account, changed) = operators.disable(&who).await?;
            said(
                &account,
                if changed {
                    "disabled"
                } else {
                    "was disabled already"
                },
            )
        }
        UsersCommand::Enable { who } => {
            let (account, changed) = operators.enable(&who).await?;
            said(&account, if changed { "enabled" } else { "was not disabled" })
        }
        UsersCommand::EndSessions { who } => {
            let (account, ended) = operators.end_sessions(&who).await?;
            said(&account, &format!("sessions ended: {ended}"))
        }
        UsersCommand::SendReset { who } => {
            let account = operators.send_reset(&who).await?;
            said(&account, "a link to set a new password is on its way")
        }
    })
}

fn said(account: &Account, what: &str) -> Vec<String> {
    vec![format!("{}  {}  {what}", account.id, name(account))]
}

fn listed(page: &AccountPage) -> Vec<String> {
    let mut lines = vec![format!(
        "{:36}  {:8}  {:>7}  {:10}  E-MAIL OR USERNAME, NAME",
        "ID", "STATE", "DEVICES", "MADE"
    )];
    lines.extend(page.accounts.iter().map(row));
    if let (true, Some(last)) = (page.more, page.accounts.last()) {
        lines.push(format!("There are more: --after {}", last.id));
    }
    lines
}

/// What its owner signs in with.
fn name(account: &Account) -> &str {
    let name = account.email.as_deref().or(account.username.as_deref());
    name.unwrap_or_default()
}

fn row(account: &Account) -> String {
    let state = match account.disabled_at {
        Some(_) => "disabled",
        None if account.email.is_none() => "child",
        None if account.email_verified => "active",
        None => "unproven",
    };
    format!(
        "{}  {state:8}  {:>7}  {}  {}, {}",
        account.id,
        account.sessions,
        account.created_at.format("%Y-%m-%d"),
        name(account),
        account.display_name,
    )
}
