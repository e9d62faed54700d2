use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts as _};
use axum::http::{HeaderValue, Request};
use constellation_shared::auth::{REFRESH_COOKIE, RefreshCookies};
use constellation_shared::http::{Client, TrustedProxies};
use futures_util::FutureExt as _;

/// The addresses from which a device or a proxy may speak.
const STRANGER: [u8; 4] = [203, 0, 113, 9];
const PROXY: [u8; 4] = [127, 0, 0, 1];
/// As much as is kept of what a client says it is.
const LONGEST_USER_AGENT: usize = 256;

/// Any `User-Agent` in the first line, and any `X-Forwarded-For` in each of the others.
///
/// # Panics
/// When who is not trusted chooses the address that they are known by.
pub fn client_address(data: &[u8]) {
    let mut lines = data
        .split(|byte| *byte == b'\n')
        .map(|line| HeaderValue::from_bytes(line).ok());
    let agent = lines.next().flatten();
    let said: Vec<_> = lines.flatten().take(8).collect();

    assert_eq!(
        client(Some(STRANGER), agent.as_ref(), &said),
        Some(STRANGER.into())
    );
    // A proxy of ours adds who spoke to it, and no word before that counts.
    let mut added = said.clone();
    added.push(HeaderValue::from_static("203.0.113.9"));
    for peer in [Some(PROXY), None] {
        assert_eq!(client(peer, agent.as_ref(), &added), Some(STRANGER.into()));
        // Whatever a proxy passes on unread, it is an address or nothing.
        let _ = client(peer, agent.as_ref(), &said);
    }
}

fn client(peer: Option<[u8; 4]>, agent: Option<&HeaderValue>, said: &[HeaderValue]) -> Option<IpAddr> {
    let mut request = Request::builder().extension(TrustedProxies::default());
    if let Some(peer) = peer {
        let peer = SocketAddr::from((Ipv4Addr::from(peer), 4711));
        request = request.extension(ConnectInfo(peer));
    }
    if let Some(agent) = agent {
        request = request.header("user-agent", agent);
    }
    for value in said {
        request = request.header("x-forwarded-for", value);
    }
    let (mut parts, ()) = request.body(()).ok()?.into_parts();
    let Some(Ok(client)) = Client::from_request_parts(&mut parts, &()).now_or_never() else {
        panic!("reading headers waits for nothing");
    };
    assert!(
        client
            .user_agent
            .is_none_or(|agent| agent.chars().count() <= LONGEST_USER_AGENT)
    );
    client.address
}

/// Any `Cookie` headers, one a line, as the router reads and passes them on, and as auth reads them.
///
/// # Panics
/// When what is passed on says something else than what came, or anything of another cookie.
pub fn cookies(data: &[u8]) {
    let lines: Vec<_> = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .take(8)
        .collect();
    let texts = lines.iter().filter_map(|line| line.to_str().ok());
    let found = RefreshCookies::read(texts.clone());
    assert!(found == read(&lines), "two ways to read the same headers");

    let passed_on = found.line();
    assert_eq!(passed_on.is_some(), !found.reveal().is_empty());
    let Some(line) = passed_on else { return };
    let Ok(line) = HeaderValue::try_from(line) else {
        panic!("what came in headers fits in one");
    };
    assert!(
        read(std::slice::from_ref(&line)) == found,
        "it says something else"
    );
    // One that its owner has besides those that somebody planted is there whatever the others look like.
    let real = HeaderValue::from_static("__Secure-constellation-refresh=real");
    let with_real: Vec<_> = lines.iter().cloned().chain([real]).collect();
    let with_real = read(&with_real);
    assert_eq!(with_real.reveal().len(), found.reveal().len() + 1);
    assert_eq!(with_real.reveal().last().map(String::as_str), Some("real"));
    for token in found.reveal() {
        assert!(
            !token.is_empty() && !token.contains(';'),
            "more than one cookie's value"
        );
    }
    assert!(texts.clone().any(|text| text.contains(REFRESH_COOKIE)));
}

fn read(lines: &[HeaderValue]) -> RefreshCookies {
    let request = lines
        .iter()
        .fold(Request::builder(), |request, line| request.header("cookie", line));
    let Ok(request) = request.body(()) else {
        panic!("these are header values");
    };
    let (mut parts, ()) = request.into_parts();
    let Some(Ok(found)) = RefreshCookies::from_request_parts(&mut parts, &()).now_or_never() else {
        panic!("reading headers waits for nothing");
    };
    found
}
