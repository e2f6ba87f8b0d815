"""A private OpenLDAP server on a free port of this machine, over a folder of the test's own."""

import subprocess
from pathlib import Path

from .polling import until
from .signin import free_port

BASE = "dc=example,dc=org"
READER = f"cn=reader,{BASE}"
ENTRIES = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader secret

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: uid=ada,ou=people,{BASE}
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
mail: ada@example.org
userPassword: engine no. 1

dn: uid=eve,ou=people,{BASE}
objectClass: inetOrgPerson
uid: eve
cn: Eve
sn: Eve
userPassword: listening

dn: uid=root,ou=people,{BASE}
objectClass: inetOrgPerson
uid: root
cn: Root of the directory
sn: Root
userPassword: directory password

dn: ou=groups,{BASE}
objectClass: organizationalUnit
ou: groups

dn: cn=staff,ou=groups,{BASE}
objectClass: groupOfNames
cn: staff
member: uid=ada,ou=people,{BASE}
member: uid=root,ou=people,{BASE}
"""


class Directory:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"ldap://127.0.0.1:{self.port}"
        self._folder = folder
        (folder / "database").mkdir()
        (folder / "entries.ldif").write_text(ENTRIES)
        (folder / "slapd.conf").write_text(f"""include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix {BASE}
directory {folder}/database
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
""")
        subprocess.run(
            ["/usr/sbin/slapadd", "-f", folder / "slapd.conf", "-l", folder / "entries.ldif"], check=True,
            capture_output=True, timeout=30)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/sbin/slapd", "-d", "0", "-f", self._folder / "slapd.conf", "-h", self.url],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers, "the directory answers", 20)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["ldapsearch", "-x", "-H", self.url, "-b", "", "-s", "base"], capture_output=True, timeout=10)
        return asked.returncode == 0

    def configuration(self) -> str:
        return f"""access:
  ldap:
    url: {self.url}
    bindName: "{READER}"
    bindPassword: reader secret
    userBase: "ou=people,{BASE}"
    groupBase: "ou=groups,{BASE}"
    roles: {{staff: user}}
    timeout: 2s
"""
