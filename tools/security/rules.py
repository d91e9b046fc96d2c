"""What the rules find, and what they leave alone: read by `semgrep --test`, never run."""
# mypy: ignore-errors


def of_sql(request, session, connection):
    # ruleid: agency-set-for-the-session
    connection.execute("select set_config('app.agency_id', %s, false)", [agency])
    # ok: agency-set-for-the-session
    connection.execute("select set_config('app.agency_id', %s, true)", [agency])
    # ruleid: agency-set-for-the-session
    connection.execute("set app.agency_id = 'x'")

    # ruleid: sql-from-a-request
    session.execute(text("select 1 order by " + request.args["by"]))
    # ok: sql-from-a-request
    session.execute(text("select 1 where a = :a"), {"a": request.args["by"]})


def of_pages(request, title):
    # ruleid: markup-of-an-expression
    a = Markup(f"<b>{title}</b>")
    # ruleid: markup-of-an-expression
    b = Markup("<b>%s</b>" % title)
    # ruleid: markup-of-an-expression
    c = Markup("<b>{}</b>".format(title))
    # ok: markup-of-an-expression
    d = Markup("<b>{}</b>").format(title)
    # ruleid: template-from-text
    render_template_string(title)
    # ok: template-from-text
    render_template("page.html", title=title)
    # ruleid: redirect-to-what-was-asked
    redirect(request.args.get("next"))
    # ok: redirect-to-what-was-asked
    redirect(safe_destination(request.args.get("next"), pages))


def of_the_network(request, address):
    # ruleid: request-past-the-safe-fetcher
    requests.get(address)
    # ruleid: request-past-the-safe-fetcher
    urllib.request.urlopen(address)
    # ruleid: certificate-not-checked
    client.get(address, verify=False)
    # ok: certificate-not-checked
    client.get(address, verify=True)
    # ruleid: sender-from-a-header
    ip = request.headers.get("X-Forwarded-For", "")
    # ok: sender-from-a-header
    ip = request.remote_addr
    # ruleid: webhook-without-verification
    event = stripe.construct_event_without_verification(body)
    # ruleid: open-to-all-origins
    headers["Access-Control-Allow-Origin"] = "*"
    # ok: open-to-all-origins
    headers["Access-Control-Allow-Origin"] = "https://ours.example"


def of_secrets(given, mac):
    # ruleid: secret-compared-in-public
    is_right = mac.hexdigest() == given
    # ok: secret-compared-in-public
    is_right = hmac.compare_digest(mac.hexdigest(), given)
    # ruleid: chance-for-a-secret
    token = random.choice(letters)
    # ok: chance-for-a-secret
    delay = random.uniform(0, 1)
    # ok: chance-for-a-secret
    token = secrets.token_urlsafe()
    # ruleid: old-digest
    hashlib.md5(given)
    # ok: old-digest
    hashlib.sha256(given)
    # ruleid: bytes-that-run
    pickle.loads(given)
    # ok: bytes-that-run
    json.loads(given)
