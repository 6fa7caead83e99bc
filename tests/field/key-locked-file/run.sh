printf '$ANSIBLE_VAULT;1.1;AES256\n61333439\n' > k
says 4 "Ansible Vault.*ansible-vault view FILE" key normalize k
printf '\0GITCRYPT\0\1\2\3\4' > k
says 4 "git-crypt unlock" key normalize k
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:2d6c72fe\nsize 241\n' > k
says 4 "git lfs pull" key normalize k
printf -- '-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVu\n-----END AGE ENCRYPTED FILE-----\n' > k
says 4 "age --decrypt" key normalize k
printf -- '-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n' > k
says 4 "gpg --decrypt" key normalize k
printf 'key: ENC[AES256_GCM,data:AA==,type:str]\n' > k
says 4 "sops --decrypt" key normalize k
printf '<!DOCTYPE html><title>Sign in</title>' > k
says 4 "a web page.*curl --fail" key normalize k
