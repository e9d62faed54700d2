use constellation_shared::graphql::LONGEST_TEXT;
use serde_json::json;

use crate::support::{ask, post, raw, send, start};

fn padded(length: usize) -> String {
    let body = r#"{"query":"{me{id}}"}"#;
    format!("{body}{}", " ".repeat(length - body.len()))
}

#[tokio::test]
async fn a_body_as_long_as_may_be_is_read() {
    let answer = post(start().await, "application/json", padded(LONGEST_TEXT)).await;
    assert_eq!(answer.body, json!({ "data": { "me": { "id": "me" } } }));
}

#[tokio::test]
async fn a_body_that_says_it_is_too_long_is_refused_before_it_comes() {
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        LONGEST_TEXT + 1
    );
    let answer = raw(start().await, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("BAD_USER_INPUT"), "{answer}");
}

#[tokio::test]
async fn a_body_of_unsaid_length_is_refused_when_it_gets_too_long() {
    let body = padded(LONGEST_TEXT + 1);
    let mut request = format!(
        "POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
        body.len()
    );
    request.push_str(&body);
    request.push_str("\r\n0\r\n\r\n");
    let answer = raw(start().await, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("BAD_USER_INPUT"), "{answer}");
}

#[tokio::test]
async fn only_json_is_read_so_that_no_web_page_can_send_an_operation_unasked() {
    let address = start().await;
    let body = r#"{"query":"mutation{login}"}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "multipart/form-data; boundary=x",
        "text/plain;application/json",
        "",
    ] {
        let answer = post(address, kind, body).await;
        assert_eq!((answer.status, answer.code()), (415, "BAD_USER_INPUT"), "{kind}");
    }
    let unnamed = reqwest::Client::new()
        .post(format!("http://{address}/graphql"))
        .body(body);
    assert_eq!(send(unnamed).await.status, 415);
    for kind in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/graphql-response+json",
    ] {
        let answer = post(address, kind, body).await;
        assert_eq!(answer.body, json!({ "data": { "login": true } }), "{kind}");
    }
}

#[tokio::test]
async fn what_is_no_operation_is_refused_with_a_code() {
    let address = start().await;
    for body in [
        "",
        "{",
        "[]",
        r#"[{"query":"{me{id}}"}]"#,
        r#"{"query":" "}"#,
        r#"{"query":1}"#,
        "1",
    ] {
        let answer = post(address, "application/json", body).await;
        assert_eq!((answer.status, answer.code()), (400, "BAD_USER_INPUT"), "{body}");
    }
}

#[tokio::test]
async fn json_is_not_followed_into_any_depth() {
    let address = start().await;
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(40_000), close.repeat(40_000));
        for body in [
            deep.clone(),
            format!(r#"{{"query":"{{me{{id}}}}","variables":{{"a":{deep}}}}}"#),
            format!(r#"{{"query":"{{me{{id}}}}","extensions":{{"a":{deep}}}}}"#),
        ] {
            let answer = post(address, "application/json", body).await;
            assert_eq!((answer.status, answer.code()), (400, "BAD_USER_INPUT"));
        }
    }
    let echoed = ask(
        address,
        "query($a: JSON!) { echo(text: $a) }",
        json!({ "a": [[[[[[[[1]]]]]]]] }),
    );
    assert_eq!(
        echoed.await.body,
        json!({ "data": { "echo": [[[[[[[[1]]]]]]]] } })
    );
}

#[tokio::test]
async fn every_refusal_has_a_code() {
    let address = start().await;
    for (path, status, code) in [
        ("/graphql?query={me{id}}", 405, "BAD_USER_INPUT"),
        ("/nothing", 404, "NOT_FOUND"),
        ("/late", 504, "UNAVAILABLE"),
    ] {
        let answer = send(reqwest::Client::new().get(format!("http://{address}{path}"))).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
        assert_eq!(answer.headers["content-type"], "application/json", "{path}");
        assert!(answer.headers.contains_key("x-request-id"), "{path}");
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{path}");
    }
}

#[tokio::test]
async fn no_cache_keeps_an_answer_whatever_it_is() {
    let address = start().await;
    let asked = async |body: &'static str, authorization: &str| {
        let request = reqwest::Client::new().post(format!("http://{address}/graphql"));
        let request = request.header("content-type", "application/json").body(body);
        let request = match authorization {
            "" => request,
            token => request.header("authorization", token),
        };
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.headers()["cache-control"].clone(),
        )
    };
    let good = r#"{"query":"{me{id}}"}"#;
    assert_eq!(asked(good, "").await, (200, "no-store".parse().unwrap()));
    assert_eq!(asked(good, "Bearer x").await, (401, "no-store".parse().unwrap()));
    assert_eq!(asked("nonsense", "").await, (400, "no-store".parse().unwrap()));
}
