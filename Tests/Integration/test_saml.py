"""Sign-in by SAML 2.0, as a browser does it. Assertions are signed with PyPI `signxml`, which shares no code with what
checks them."""

import base64
import datetime
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from support.servers import Nexus
from support.signin import administrator, browser, person, reason, serve, user

ISSUER = "https://idp.example/metadata"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"


class Signer:
    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
        now = datetime.datetime.now(datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
            .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
            .sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def sign(self, element: etree._Element) -> etree._Element:
        signer = XMLSigner(
            signature_algorithm=SignatureMethod.RSA_SHA256, digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(element, key=self.key, cert=self.certificate, reference_uri=element.get("ID"),
                           id_attribute="ID")


@pytest.fixture(scope="module")
def idp() -> Signer:
    return Signer()


@pytest.fixture(scope="module")
def server(idp: Signer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    folder = tmp_path_factory.mktemp("saml")
    (folder / "idp.pem").write_bytes(idp.certificate)

    def start(*arguments: str, **options: Any) -> Nexus:
        return Nexus(folder, *arguments, **options)

    nexus = serve(start, f"""access:
  saml:
    issuer: {ISSUER}
    title: Company
    signInURL: https://idp.example/sso?tenant=7
    certificate: {folder}/idp.pem
    roles: {{staff: user}}
""")
    nexus.admin = administrator(nexus)
    yield nexus
    nexus.admin.close()
    nexus.stop()


def way_out(server: Nexus, client: httpx.Client) -> str:
    """Sends the browser out and returns the id of the request."""
    out = client.get("/sign-in/saml", params={"return": "/api/v1/session"}, follow_redirects=False)
    assert out.status_code == 303
    location = urlsplit(out.headers["location"])
    assert location.netloc == "idp.example"
    query = parse_qs(location.query)
    assert query["tenant"] == ["7"]
    request = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15))
    assert request.tag == f"{{{SAMLP}}}AuthnRequest"
    assert request.get("AssertionConsumerServiceURL") == f"{server.url}/saml/acs"
    assert request.findtext(f"{{{SAML}}}Issuer") == f"{server.url}/saml/metadata"
    return request.get("ID")


def moment(seconds: int) -> str:
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def assertion(server: Nexus, request: str, /, *, id: str = "_a1", **changes: Any) -> etree._Element:
    values = {
        "issuer": ISSUER, "subject": "ada-7", "recipient": f"{server.url}/saml/acs",
        "audience": f"{server.url}/saml/metadata", "start": -10, "end": 120, "groups": ["staff"], "request": request,
    } | changes
    groups = "".join(f"<saml:AttributeValue>{group}</saml:AttributeValue>" for group in values["groups"])
    return etree.fromstring(f"""<saml:Assertion xmlns:saml="{SAML}" ID="{id}" Version="2.0" IssueInstant="{moment(0)}">
      <saml:Issuer>{values["issuer"]}</saml:Issuer>
      <saml:Subject><saml:NameID>{values["subject"]}</saml:NameID>
        <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
          InResponseTo="{values["request"]}" Recipient="{values["recipient"]}" NotOnOrAfter="{moment(values["end"])}"/>
        </saml:SubjectConfirmation></saml:Subject>
      <saml:Conditions NotBefore="{moment(values["start"])}" NotOnOrAfter="{moment(values["end"])}">
        <saml:AudienceRestriction><saml:Audience>{values["audience"]}</saml:Audience></saml:AudienceRestriction>
      </saml:Conditions>
      <saml:AuthnStatement AuthnInstant="{moment(0)}"/>
      <saml:AttributeStatement>
        <saml:Attribute Name="groups">{groups}</saml:Attribute>
        <saml:Attribute Name="email"><saml:AttributeValue>ada@example.org</saml:AttributeValue></saml:Attribute>
        <saml:Attribute Name="displayName"><saml:AttributeValue>Ada &amp; Co</saml:AttributeValue></saml:Attribute>
      </saml:AttributeStatement></saml:Assertion>""")


def response(server: Nexus, request: str, *content: etree._Element, id: str = "_r1") -> etree._Element:
    element = etree.fromstring(f"""<samlp:Response xmlns:samlp="{SAMLP}" ID="{id}" Version="2.0"
      InResponseTo="{request}" Destination="{server.url}/saml/acs" IssueInstant="{moment(0)}"><samlp:Status>
      <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:Response>""")
    element.extend(content)
    return element


def post(client: httpx.Client, document: etree._Element | bytes, **options: Any) -> httpx.Response:
    data = document if isinstance(document, bytes) else etree.tostring(document)
    # As a page of the provider has the browser do it.
    headers = {"Origin": "https://idp.example", "Sec-Fetch-Site": "cross-site"}
    return client.post("/saml/acs", data={"SAMLResponse": base64.b64encode(data).decode(), "RelayState": "x"},
                       headers=headers, **options)


def test_a_person_with_a_signed_assertion_signs_in(server: Nexus, idp: Signer) -> None:
    with browser(server) as client:
        request = way_out(server, client)
        answer = post(client, response(server, request, idp.sign(assertion(server, request, id="_ok1"))))
        assert answer.status_code == 200, answer.text
        caller = answer.json()["user"]
        assert (caller["name"], caller["role"]) == ("ada@example.org", "user")
        assert user(server.admin, "ada@example.org")["display_name"] == "Ada & Co"


def test_a_signed_response_does_as_well(server: Nexus, idp: Signer) -> None:
    with browser(server) as client:
        request = way_out(server, client)
        document = idp.sign(response(server, request, assertion(server, request, id="_ok2"), id="_signed"))
        assert post(client, document).json()["user"]["name"] == "ada@example.org"


def test_an_assertion_is_taken_once(server: Nexus, idp: Signer) -> None:
    with browser(server) as client, browser(server) as other:
        request = way_out(server, client)
        document = response(server, request, idp.sign(assertion(server, request, id="_once")))
        cookies = dict(client.cookies)
        assert post(client, document).status_code == 200
        assert post(client, document).status_code == 400, "the visit is over"
        replay = httpx.Client(base_url=server.url, cookies=cookies)
        assert reason(post(replay, document)) in ("identity_refused", "no_attempt")
        way_out(server, other)
        assert reason(post(other, document)) == "identity_refused", "it answers somebody else's request"


@pytest.mark.parametrize("changes", [
    {"issuer": "https://evil.example"}, {"audience": "https://other.example"}, {"recipient": "https://other/saml/acs"},
    {"request": "_other"}, {"end": -120}, {"start": 600}, {"end": 7_200}, {"subject": ""},
])
def test_an_assertion_that_does_not_hold_is_refused(server: Nexus, idp: Signer, changes: dict[str, Any]) -> None:
    with browser(server) as client:
        request = way_out(server, client)
        signed = idp.sign(assertion(server, request, **{"id": "_wrong"} | changes))
        answer = post(client, response(server, request, signed))
        assert reason(answer) == "identity_refused" and answer.status_code == 403
        assert person(client) is None


def test_people_in_no_group_are_not_let_in(server: Nexus, idp: Signer) -> None:
    with browser(server) as client:
        request = way_out(server, client)
        signed = idp.sign(assertion(server, request, id="_groupless", groups=["other"], subject="x-1"))
        assert reason(post(client, response(server, request, signed))) == "not_allowed"


def test_what_is_not_signed_by_the_provider_is_refused(server: Nexus, idp: Signer) -> None:
    def documents(request: str) -> Iterator[etree._Element | bytes]:
        yield response(server, request, assertion(server, request))
        yield response(server, request, Signer().sign(assertion(server, request)))
        changed = idp.sign(assertion(server, request))
        changed.find(f".//{{{SAML}}}NameID").text = "root"
        yield response(server, request, changed)
        signed = idp.sign(assertion(server, request))
        # Wrapped: the evil one first, the signed one inside of it, beside it, in an extension.
        evil = assertion(server, request, id="_evil", subject="root")
        evil.append(signed)
        yield response(server, request, evil)
        for order in (0, 1):
            pair = [assertion(server, request, id="_evil", subject="root"), idp.sign(assertion(server, request))]
            yield response(server, request, *(pair if order else reversed(pair)))
        extension = etree.Element(f"{{{SAMLP}}}Extensions")
        extension.append(idp.sign(assertion(server, request)))
        yield response(server, request, extension, assertion(server, request, id="_evil", subject="root"))
        moved = idp.sign(assertion(server, request))
        evil = assertion(server, request, id="_evil", subject="root")
        evil.insert(1, moved.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
        yield response(server, request, evil, extension)
        text = etree.tostring(response(server, request, idp.sign(assertion(server, request))))
        yield b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + text
        yield text.replace(b"ada-7", b"ada<!-- -->-7")
        yield b"<samlp:Response"
        yield b""
        yield b"<a>" * 100_000

    with browser(server) as client:
        request = way_out(server, client)
        cookies = dict(client.cookies)
        for number, document in enumerate(documents(request)):
            answer = httpx.Client(base_url=server.url, cookies=cookies, timeout=30)
            told = post(answer, document)
            assert told.status_code in (403, 502) and "nexus_session" not in answer.cookies, number
        too_large = post(client, b"<a>" * 1_000_000)
        assert too_large.status_code in (400, 413)


def test_an_answer_that_nobody_asked_for_is_refused(server: Nexus, idp: Signer) -> None:
    with browser(server) as client:
        document = response(server, "_r", idp.sign(assertion(server, "_r", id="_unasked")))
        assert reason(post(client, document)) == "no_attempt"


def test_the_metadata_is_what_a_provider_needs(server: Nexus) -> None:
    answer = httpx.get(server.url + "/saml/metadata")
    assert answer.headers["content-type"] == "application/samlmetadata+xml"
    metadata = etree.fromstring(answer.content)
    service = metadata.find(".//{urn:oasis:names:tc:SAML:2.0:metadata}AssertionConsumerService")
    assert service.get("Location") == f"{server.url}/saml/acs"
    assert service.get("Binding") == "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    ways = httpx.get(server.url + "/api/v1/session/ways").json()["ways"]
    assert {"kind": "saml", "title": "Company", "url": "/sign-in/saml"} in ways
