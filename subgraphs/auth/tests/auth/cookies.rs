use futures_util::future::join_all;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};

use crate::support::{Deployment, PASSWORD, Service, code};

/// A browser: what is in its jar, and what it does with a `Set-Cookie`. The rules of a real one are tested with a real one.
struct Browser<'s> {
    service: &'s Service,
    jar: Option<String>,
}

/// What came back: the payload, and the lines of `Set-Cookie`.
struct Answer {
    payload: Value,
    set: Vec<String>,
}

const NAME: &str = "__Secure-constellation-refresh";
const SIGN_IN: &str = "tokens { accessToken refreshToken } user { id }";

impl<'s> Browser<'s> {
    fn of(service: &'s Service) -> Self {
        Self { service, jar: None }
    }

    async fn send(&self, query: &str, variables: Value) -> (Value, Vec<String>) {
        let mut request = reqwest::Client::new()
            .post(format!("{}/graphql", self.service.url))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(jar) = &self.jar {
            request = request.header(COOKIE, format!("theme=dark; {jar}"));
        }
        let response = request.send().await.unwrap();
        let lines = response.headers().get_all(SET_COOKIE).iter();
        let set = lines.map(|line| line.to_str().unwrap().to_owned()).collect();
        (response.json().await.unwrap(), set)
    }

    async fn ask(&self, name: &str, fields: &str, input: Value) -> Answer {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} userErrors {{ code message path }} }} }}"
        );
        let (answer, set) = self.send(&query, json!({ "input": input })).await;
        let payload = answer["data"][name].clone();
        assert_eq!(answer.get("errors"), None, "{answer}");
        Answer { payload, set }
    }

    /// Keeps the cookie that an answer sets.
    fn keep(&mut self, answer: &Answer) {
        let [line] = &answer.set[..] else {
            panic!("one cookie is set: {:?}", answer.set)
        };
        let pair = line.split(';').next().unwrap();
        self.jar = (!pair.ends_with('=')).then(|| pair.to_owned());
    }

    async fn register(&mut self, email: &str) -> Answer {
        let input = json!({ "email": email, "password": PASSWORD, "displayName": "Ana", "refreshTokenDelivery": "COOKIE" });
        let answer = self.ask("register", SIGN_IN, input).await;
        self.keep(&answer);
        answer
    }

    async fn login(&self, email: &str) -> Answer {
        let input = json!({ "email": email, "password": PASSWORD, "refreshTokenDelivery": "COOKIE" });
        self.ask("login", SIGN_IN, input).await
    }

    async fn refresh(&self) -> Answer {
        self.ask("refresh", SIGN_IN, json!({})).await
    }

    async fn logout(&self) -> Answer {
        self.ask("logout", "signedOut", json!({})).await
    }

    /// The token in the jar.
    fn token(&self) -> String {
        let (_, token) = self.jar.as_ref().unwrap().split_once('=').unwrap();
        token.to_owned()
    }
}

#[tokio::test]
async fn a_browser_gets_its_refresh_token_in_a_cookie_that_no_script_can_read_and_nowhere_else() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    let registered = browser.register("ana@example.org").await;
    let signed_in = browser.login("ana@example.org").await;
    browser.keep(&signed_in);
    let refreshed = browser.refresh().await;
    for answer in [registered, signed_in, refreshed] {
        let attributes: Vec<_> = answer.set[0].split("; ").skip(1).collect();
        assert_eq!(
            attributes,
            [
                "HttpOnly",
                "SameSite=Strict",
                "Secure",
                "Path=/graphql",
                "Max-Age=604800"
            ]
        );
        assert!(answer.set[0].starts_with(&format!("{NAME}=")));
        assert_eq!(answer.payload["tokens"]["refreshToken"], Value::Null);
        assert!(answer.payload["tokens"]["accessToken"].is_string());
    }
}

#[tokio::test]
async fn without_being_asked_for_no_cookie_is_set() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = service.newcomer().await;
    let browser = Browser::of(&service);
    for (name, fields) in [("refresh", SIGN_IN), ("logout", "signedOut")] {
        let answer = browser
            .ask(name, fields, json!({ "refreshToken": ana.refresh }))
            .await;
        assert_eq!((code(&answer.payload), answer.set), (None, vec![]), "{name}");
    }
}

#[tokio::test]
async fn the_cookie_lives_as_long_as_the_token_and_never_longer_than_its_session() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let day = 24 * 60 * 60;
    for _ in 0..14 {
        deployment.advance(6 * day);
        let refreshed = browser.refresh().await;
        browser.keep(&refreshed);
        assert!(refreshed.set[0].contains("Max-Age="));
    }
    // The session is 84 days old, and ends with its 90th.
    let last = browser.refresh().await;
    assert!(
        last.set[0].ends_with(&format!("Max-Age={}", 6 * day)),
        "{}",
        last.set[0]
    );
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_get_one_cookie_in_whatever_order_the_answers_arrive() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let answers = join_all((0..8).map(|_| browser.refresh())).await;
    for answer in &answers {
        assert_eq!(answer.set, answers[0].set);
    }
    browser.keep(&answers[7]);
    assert_eq!(code(&browser.refresh().await.payload), None);
}

#[tokio::test]
async fn a_refresh_that_fails_never_touches_the_cookie_whatever_it_fails_of() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    let failed = async |browser: &Browser<'_>, expected: &str| {
        let answer = browser.refresh().await;
        assert_eq!(code(&answer.payload).as_deref(), Some(expected));
        assert_eq!(answer.set, Vec::<String>::new(), "{expected}");
        assert_eq!(answer.payload["userErrors"][0]["path"], Value::Null);
    };

    browser.register("ana@example.org").await;
    service.logout(&browser.token()).await.unwrap();
    failed(&browser, "SESSION_REVOKED").await;

    let signed_in = browser.login("ana@example.org").await;
    let mut lost = Browser::of(&service);
    lost.keep(&signed_in);
    browser.keep(&lost.refresh().await);
    // The loser comes too late, and says that the session is over; the winner's cookie stays in the jar all the same.
    deployment.advance(11);
    failed(&lost, "SESSION_REVOKED").await;

    browser.keep(&browser.login("ana@example.org").await);
    deployment.advance(8 * 24 * 60 * 60);
    failed(&browser, "TOKEN_EXPIRED").await;
    browser.jar = Some(format!("{NAME}=nonsense"));
    failed(&browser, "TOKEN_INVALID").await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_back() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let token = browser.token();
    let out = browser.logout().await;
    assert_eq!(out.payload["signedOut"], true);
    let cleared = format!("{NAME}=; HttpOnly; SameSite=Strict; Secure; Path=/graphql; Max-Age=0");
    assert_eq!(out.set, std::slice::from_ref(&cleared));
    assert_eq!(service.refresh(&token).await.unwrap_err(), "SESSION_REVOKED");

    // Once more, from a tab that did not hear of it; and with a token that was never any good.
    for token in [token.as_str(), "nonsense"] {
        browser.jar = Some(format!("{NAME}={token}"));
        assert_eq!(browser.logout().await.set, std::slice::from_ref(&cleared));
    }
    browser.jar = None;
    let nothing = browser.logout().await;
    assert_eq!(code(&nothing.payload).as_deref(), Some("TOKEN_MISSING"));
    assert_eq!(nothing.set, Vec::<String>::new());
}

#[tokio::test]
async fn a_session_that_could_not_be_ended_keeps_its_cookie() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    deployment.refuse_writes("sessions").await;
    let query = "mutation { logout(input: {}) { signedOut } }";
    let (answer, set) = browser.send(query, Value::Null).await;
    assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer}");
    assert_eq!(set, Vec::<String>::new());
}

#[tokio::test]
async fn of_two_refresh_tokens_none_is_guessed_and_both_sessions_go_on() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ben = service.newcomer().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let anas = browser.token();
    for (name, fields) in [("refresh", SIGN_IN), ("logout", "signedOut")] {
        // In the input and in the cookie, were it the very same.
        for token in [&ben.refresh, &anas] {
            let answer = browser.ask(name, fields, json!({ "refreshToken": token })).await;
            assert_eq!(
                code(&answer.payload).as_deref(),
                Some("TOKEN_AMBIGUOUS"),
                "{name}"
            );
            assert_eq!(
                answer.payload["userErrors"][0]["path"],
                json!(["input", "refreshToken"])
            );
            assert_eq!(answer.set, Vec::<String>::new());
        }
        // In two cookies: a neighbouring host can plant one for the whole domain.
        let mut planted = Browser::of(&service);
        planted.jar = Some(format!("{NAME}={}; {NAME}={anas}", ben.refresh));
        let answer = planted.ask(name, fields, json!({})).await;
        assert_eq!(
            code(&answer.payload).as_deref(),
            Some("TOKEN_AMBIGUOUS"),
            "{name}"
        );
        assert_eq!(answer.set, Vec::<String>::new());
    }
    // HTTP/2 lets a browser send each in a line of its own.
    let query = "mutation { refresh(input: {}) { userErrors { code } } }";
    let request = reqwest::Client::new().post(format!("{}/graphql", service.url));
    let request = request.json(&json!({ "query": query }));
    let request = [&anas, &ben.refresh].iter().fold(request, |request, token| {
        request.header(COOKIE, format!("{NAME}={token}"))
    });
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        code(&answer["data"]["refresh"]).as_deref(),
        Some("TOKEN_AMBIGUOUS")
    );
    assert!(service.refresh(&ben.refresh).await.is_ok());
    assert_eq!(code(&browser.refresh().await.payload), None);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_whose_cookie_is_replaced_and_failing_to_does_not() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let first = browser.token();
    let wrong = json!({ "email": "ana@example.org", "password": "not this one at all", "refreshTokenDelivery": "COOKIE" });
    let failed = browser.ask("login", SIGN_IN, wrong).await;
    assert_eq!(
        (code(&failed.payload).as_deref(), failed.set.len()),
        (Some("INVALID_CREDENTIALS"), 0)
    );
    browser.keep(&browser.refresh().await);
    let second = browser.token();
    browser.keep(&browser.login("ana@example.org").await);
    assert_eq!(service.refresh(&first).await.unwrap_err(), "SESSION_REVOKED");
    assert_eq!(service.refresh(&second).await.unwrap_err(), "SESSION_REVOKED");
    assert_eq!(code(&browser.refresh().await.payload), None);
}

#[tokio::test]
async fn an_operation_cannot_get_two_sessions_for_one_cookie() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let input =
        format!("{{ email: \"ana@example.org\", password: \"{PASSWORD}\", refreshTokenDelivery: COOKIE }}");
    for second in [
        format!("login(input: {input}) {{ tokens {{ accessToken }} }}"),
        "refresh(input: {}) { tokens { accessToken } }".to_owned(),
        "logout(input: {}) { signedOut }".to_owned(),
    ] {
        let query =
            format!("mutation {{ a: login(input: {input}) {{ tokens {{ accessToken }} }} b: {second} }}");
        let (answer, set) = browser.send(&query, Value::Null).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{answer}"
        );
        assert_eq!(answer["errors"][0]["path"], json!(["b"]));
        assert_eq!(set.len(), 1);
        browser.jar = Some(set[0].split(';').next().unwrap().to_owned());
        assert_eq!(code(&browser.refresh().await.payload), None);
        browser.keep(&browser.login("ana@example.org").await);
    }
}

#[tokio::test]
async fn the_path_of_the_cookie_is_what_the_operator_says() {
    let deployment = Deployment::new().await;
    let service = deployment
        .service_for(
            crate::support::cheap(),
            constellation_auth::ClientSettings {
                refresh_cookie_path: "/family/graphql".parse().unwrap(),
                ..Default::default()
            },
        )
        .await;
    let registered = Browser::of(&service).register("ana@example.org").await;
    assert!(
        registered.set[0].contains("; Path=/family/graphql;"),
        "{}",
        registered.set[0]
    );
}

#[tokio::test]
async fn what_a_form_of_another_site_can_send_never_reaches_the_session() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let jar = browser.jar.clone().unwrap();
    let operation = json!({ "query": "mutation { logout(input: {}) { signedOut } }" }).to_string();
    let http = reqwest::Client::new();
    let url = format!("{}/graphql", service.url);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let request = http.post(&url).header(COOKIE, &jar).header("content-type", kind);
        let response = request.body(operation.clone()).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers().get(SET_COOKIE)),
            (415, None)
        );
    }
    let get = http.get(format!("{url}?query=mutation{{logout(input:{{}}){{signedOut}}}}"));
    assert_eq!(get.header(COOKIE, &jar).send().await.unwrap().status(), 405);
    // And JSON is what a browser asks leave for first, which nobody gives here.
    let asks = http
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "https://evil.example");
    let answer = asks
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers().get("access-control-allow-origin"), None);
    assert_eq!(code(&browser.refresh().await.payload), None);
}

#[tokio::test]
async fn the_plain_endpoints_know_of_no_cookie() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut browser = Browser::of(&service);
    browser.register("ana@example.org").await;
    let request = reqwest::Client::new().post(format!("{}/token/refresh", service.url));
    let request = request
        .header(COOKIE, browser.jar.clone().unwrap())
        .json(&json!({}));
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers().get(SET_COOKIE)),
        (422, None)
    );
}
