"""Any Varlink client can talk to the supervisor: this one is the reference implementation's."""

import pytest
import varlink

INTERFACE = "io.bulkhead.Supervisor"


@pytest.fixture
def client(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "shop", "main: { command: [/bin/sleep, infinity] }"))
    daemon.start()
    with varlink.Client.new_with_address(f"unix:{daemon.socket}") as client:
        yield client


def test_it_reads_the_interface_and_calls_methods(client):
    assert INTERFACE in client.get_interfaces()
    with client.open(INTERFACE) as supervisor:
        assert [project["name"] for project in supervisor.List()["projects"]] == ["shop"]
        assert supervisor.Start(project="shop", wait=True)["phase"] == "active"
        assert supervisor.Show("shop")["project"]["ready"]


def test_it_understands_errors(client):
    with client.open(INTERFACE) as supervisor:
        with pytest.raises(varlink.VarlinkError) as refused:
            supervisor.Show("none")
        assert refused.value.error() == f"{INTERFACE}.ProjectNotFound"
        assert refused.value.parameters()["project"] == "none"
        with pytest.raises(varlink.InvalidParameter):
            supervisor.Show(1)


def test_it_takes_several_replies(client):
    with client.open(INTERFACE) as supervisor:
        replies = supervisor.Execute(
            project="shop", command=["/bin/true"], logged=True, _more=True)
        runs = list(replies)
        assert len(runs) == 2 and runs[0]["run"] == runs[1]["run"]
        assert runs[1]["exit_status"] == 0
