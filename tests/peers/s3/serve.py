"""An S3 server with one bucket and one key that may use it, which checks every signature: `serve.py PORT BUCKET`.

Runs in the environment that tools/peers.py makes of requirements.lock; prints the key and its secret on one line.
Another user, `reader`, whose key follows on the second line, may read and not write.
"""

import json
import sys
import threading

import boto3
from moto.core import enable_iam_authentication
from moto.server import ThreadedMotoServer


def main(port: int, bucket: str) -> None:
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    given = {
        "endpoint_url": f"http://127.0.0.1:{port}",
        "region_name": "us-east-1",
        "aws_access_key_id": "setup",
        "aws_secret_access_key": "setup",
    }
    boto3.client("s3", **given).create_bucket(Bucket=bucket)
    for name, actions in (("keeper", ["s3:*"]), ("reader", ["s3:GetObject"])):
        people = boto3.client("iam", **given)
        people.create_user(UserName=name)
        allowed = [{"Effect": "Allow", "Action": actions, "Resource": "*"}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        people.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy)
        key = people.create_access_key(UserName=name)["AccessKey"]
        print(key["AccessKeyId"], key["SecretAccessKey"], flush=True)
    with enable_iam_authentication():  # from here on, each request must be signed by a key that may do it
        print("ready", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
