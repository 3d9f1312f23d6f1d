"""The workshop reached from outside, through a real nginx: under a sub-path of a site, and as a tunnel reaches it.

Names under `localhost` lead here in every Chromium, and are not `localhost`: to the server they are public names.
"""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import ROOT, free_port, prepare, start_server, wait_for

from core import project as projects
from core import texts
from core.data import sources
from core.setup.checks import PROXY_PATH

NGINX = shutil.which("nginx", path=PROXY_PATH)
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here: the stories told through it are left out")
SUB_PATH = (ROOT / ".container" / "nginx.conf").read_text(encoding="utf-8")
# As a tunnel: TLS at the door, the Host of the machine behind, and the visitor's address in a header.
TUNNEL = """location / {{
    proxy_pass http://127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_set_header Host 127.0.0.1:{port};
    proxy_set_header Cf-Connecting-Ip 203.0.113.7;
    proxy_set_header X-Forwarded-Proto https;
    client_max_body_size 200m;
}}"""
CONFIGURATION = """daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
    server {{ listen 127.0.0.1:{door} ssl; server_name {site}.localhost; {sub_path} }}
    server {{ listen 127.0.0.1:{door} ssl; server_name {tunnelled}.localhost; {tunnel} }}
}}
"""
SITE, TUNNELLED = "escuela", "cuatro-palabras"


def title(name: str) -> str:
    return texts.words("es", name)("title")


@pytest.fixture(scope="module")
def outside(tmp_path_factory, chromium):
    """The two addresses of a workshop on one workspace, the browser that reaches them, and the workspace."""
    folder = tmp_path_factory.mktemp("nginx")
    workspace, door = folder / "workspace", free_port()
    names = f"DNS:{SITE}.localhost,DNS:{TUNNELLED}.localhost"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=taller", "-addext", f"subjectAltName={names}",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    under, tunnelled = start_server(workspace, None, "/taller", f"--browser.serverAddress={SITE}.localhost"), None
    proxy = None
    try:
        tunnelled = start_server(workspace, None, "", f"--browser.serverAddress={TUNNELLED}.localhost")
        (folder / "nginx.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                door=door,
                site=SITE,
                tunnelled=TUNNELLED,
                sub_path=SUB_PATH.replace("127.0.0.1:8501", f"127.0.0.1:{under.port}"),
                tunnel=TUNNEL.format(port=tunnelled.port),
            )
        )
        proxy = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        yield {name: f"https://{name}.localhost:{door}" for name in (SITE, TUNNELLED)}, workspace
    finally:
        for process in filter(None, (proxy, under.process, tunnelled and tunnelled.process)):
            process.terminate()
            process.wait(15)


@pytest.fixture
def visitor(chromium):
    """A visitor who trusts the door's certificate, what she asked for, and what was refused."""
    context = chromium.new_context(locale="es-AR", ignore_https_errors=True, accept_downloads=True)
    context.set_default_timeout(30_000)
    asked: list[str] = []
    refused: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
    yield context.new_page(), asked, refused
    context.close()


def upload(page, rows: int) -> None:
    """Uploads `rows` texts of ten thousand characters, and waits until the workshop says that it has them."""
    words = texts.words("es", "05_load_texts")
    page.locator(".st-key-origin").get_by_text(words("from.file"), exact=True).click()
    lines = "".join(json.dumps({"poema": f"Poema {n}. " + "La lluvia no avisa. " * 500}) + "\n" for n in range(rows))
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "poemas.jsonl", "mimeType": "application/json", "buffer": lines.encode()}
    )


def origins(page) -> list[str]:
    return page.locator(".st-key-origin button").all_inner_texts()


def test_under_a_sub_path_every_page_link_picture_upload_and_download_stays_under_it(outside, visitor, settled):
    addresses, workspace = outside
    base = f"{addresses[SITE]}/taller"
    page, asked, refused = visitor
    page.goto(base)  # without its slash, as one types it
    page.get_by_role("heading", level=1, name=title("home")).wait_for()
    settled(page)

    # 1. Her own page, from a link: a deep one, with words in it that only the server knows.
    page.get_by_test_id("stSidebar").get_by_role("link", name=title("05_load_texts")).click()
    page.get_by_role("heading", level=1, name=title("05_load_texts")).wait_for()
    assert urlsplit(page.url).path == "/taller/load_texts"
    words = texts.words("es", "05_load_texts")
    assert words("from.path") not in origins(page), "a visitor from outside is offered no path of the server's"
    upload(page, 300)
    settled(page)
    (project,) = projects.list_projects(workspace)
    wait_for(lambda: sources.kept_source(project))
    assert len(sources.kept_source(project).table) == 300
    settled(page)

    # 2. A reload of a deep page finds her project again, by a cookie that is for this path alone.
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert (cookies["llms_poetas_browser"]["path"], cookies["llms_poetas_browser"]["secure"]) == ("/taller", True)
    page.reload()
    page.get_by_test_id("stMain").get_by_text("poemas.jsonl").first.wait_for()
    settled(page)

    # 3. On every page so far: links, pictures and typefaces.
    page.get_by_test_id("stSidebar").get_by_role("link", name=title("13_share")).wait_for()
    hrefs = page.locator("a[href]").evaluate_all("links => links.map(a => a.href)")
    assert len(hrefs) > 15
    assert [href for href in hrefs if not href.startswith(base)] == []
    assert page.locator("img").evaluate_all("all => all.filter(i => !i.complete || !i.naturalWidth).length") == 0
    assert page.evaluate("[...document.fonts].filter(f => f.family == 'Literata' && f.status == 'loaded').length") > 0

    # 4. Another browser is not shown her project; of one whose link it was given, it takes a file.
    shared = prepare(workspace)
    other = page.context.browser.new_context(locale="es-AR", ignore_https_errors=True, accept_downloads=True)
    stranger = other.new_page()
    stranger.goto(f"{base}/?project={shared.id}")
    stranger.get_by_role("heading", level=1, name=title("home")).wait_for()
    settled(stranger)
    assert stranger.get_by_text(shared.name).count() > 0
    assert stranger.get_by_text(project.name, exact=True).count() == 0
    stranger.goto(f"{base}/settings")
    stranger.get_by_text(texts.words("es", "09_settings")("file"), exact=True).click()
    with stranger.expect_download() as download:
        stranger.locator(".st-key-settings-save button").click()
    assert "lora_rank" in Path(download.value.path()).read_text(encoding="utf-8")
    other.close()

    outside_of_it = [url for url in asked if not url.startswith((base, "data:", "blob:", base.replace("https", "wss")))]
    assert outside_of_it == []
    # Streamlit looks for its server beside a deep page first.
    assert [url for url in refused if "/_stcore/" not in url] == []


def test_through_a_tunnel_that_hides_the_public_name_she_works_as_a_stranger_to_the_machine(outside, visitor, settled):
    addresses, workspace = outside
    page, _, refused = visitor
    page.goto(f"{addresses[TUNNELLED]}/load_texts?lang=es")
    page.get_by_role("heading", level=1, name=title("05_load_texts")).wait_for()
    settled(page)
    assert texts.words("es", "05_load_texts")("from.path") not in origins(page)
    before = {project.id for project in projects.list_projects(workspace)}
    upload(page, 20)
    wait_for(lambda: len(projects.list_projects(workspace)) > len(before))
    (mine,) = (project for project in projects.list_projects(workspace) if project.id not in before)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["llms_poetas_browser"] | {"path": "/", "secure": True} == cookies["llms_poetas_browser"]
    assert mine.owner == cookies["llms_poetas_browser"]["value"]
    assert [url for url in refused if "/_stcore/" not in url] == []
